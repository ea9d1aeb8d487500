package dev.millrace.store.naming;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Names for what nobody named: easy to tell apart and to say aloud. */
public final class RandomName {
  private static final List<String> ADJECTIVES =
      List.of(
          "amber", "brave", "brisk", "calm", "clear", "deep", "eager", "early", "fair", "fleet",
          "gentle", "golden", "grand", "green", "happy", "keen", "kind", "light", "lively", "lucky",
          "mellow", "merry", "mild", "noble", "plain", "proud", "quick", "quiet", "rapid", "ready",
          "silent", "silver", "smooth", "solid", "steady", "still", "swift", "tidy", "warm",
          "wise");
  private static final List<String> ANIMALS =
      List.of(
          "badger",
          "bat",
          "beaver",
          "bison",
          "carp",
          "crane",
          "crow",
          "deer",
          "dipper",
          "duck",
          "eel",
          "egret",
          "falcon",
          "finch",
          "fox",
          "frog",
          "goose",
          "hare",
          "heron",
          "kingfisher",
          "lark",
          "lynx",
          "marten",
          "mink",
          "mole",
          "moose",
          "newt",
          "otter",
          "owl",
          "perch",
          "pike",
          "plover",
          "robin",
          "salmon",
          "stork",
          "swallow",
          "swan",
          "toad",
          "trout",
          "vole");
  private static final int NUMBERS = 1000;

  private RandomName() {}

  /** An adjective, an animal and a number. */
  public static String next() {
    var random = ThreadLocalRandom.current();
    return ADJECTIVES.get(random.nextInt(ADJECTIVES.size()))
        + "-"
        + ANIMALS.get(random.nextInt(ANIMALS.size()))
        + "-"
        + random.nextInt(NUMBERS);
  }
}
