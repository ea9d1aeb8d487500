package dev.millrace.serving.repository;

import java.nio.file.Path;
import java.nio.file.attribute.FileTime;

/**
 * One version of a model that a directory offers.
 *
 * @param folder holds its files
 * @param fingerprint changes with any of them
 * @param newest when one of them was last changed
 * @param bytes of all of them
 */
record FoundVersion(String version, Path folder, String fingerprint, FileTime newest, long bytes) {}
