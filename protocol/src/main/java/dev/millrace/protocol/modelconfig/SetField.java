package dev.millrace.protocol.modelconfig;

/**
 * A field that a configuration sets.
 *
 * @param name of its message and itself, such as {@code ModelInput.dims}
 * @param path from the top, such as {@code input[0].dims}
 * @param line where it stands, from 1; 0 where that is not known
 * @param column where it stands, from 1; 0 where that is not known
 */
public record SetField(String name, String path, int line, int column) {}
