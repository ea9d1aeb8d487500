package dev.millrace.store.removal;

/**
 * Something that is being removed, and out of sight already.
 *
 * @param location where its files lie
 */
record Claim(Kind kind, String id, String location) {}
