package dev.millrace.serving.api.sharedmemory;

/**
 * A region as a client registers it, and as its status tells.
 *
 * @param name by which tensors refer to it
 * @param key the name of the shared memory object, with or without a leading slash
 * @param offset where the region begins in the object, bytes
 * @param byteSize its length
 */
public record RegionDescription(String name, String key, long offset, long byteSize) {}
