package dev.millrace.serving.repository;

/** The right of one load to hold a large request in memory; given back by closing it, once. */
@FunctionalInterface
public interface LoadPlace extends AutoCloseable {
  /** Of a load that needs none. */
  LoadPlace NONE = () -> {};

  @Override
  void close();
}
