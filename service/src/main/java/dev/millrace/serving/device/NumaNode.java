package dev.millrace.serving.device;

/**
 * Processors that are equally near to one part of the memory.
 *
 * @param processors as Linux lists them: {@code 0-7,16-23}
 */
public record NumaNode(int id, String processors) {}
