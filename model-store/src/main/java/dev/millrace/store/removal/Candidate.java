package dev.millrace.store.removal;

/**
 * Something that may be removed.
 *
 * @param location where its files lie
 * @param stage active or deleted
 * @param experimentId the experiment it is in, or is
 * @param deletedMillis when it was deleted; 0 when nobody noted it
 */
record Candidate(
    Kind kind, String id, String location, String stage, String experimentId, long deletedMillis) {
  Claim claim() {
    return new Claim(kind, id, location);
  }

  boolean isDeleted() {
    return stage.equals("deleted");
  }
}
