package dev.millrace.store.registry;

/** Hears what happens in the registry. */
public interface RegistryEvents {
  /**
   * Called inside the write that makes the change: what is written here is kept together with the
   * change or not at all. It has to be quick, because other writes wait.
   */
  void tell(RegistryEvent event);
}
