package dev.millrace.store.search;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of what a search found.
 *
 * @param nextToken asks for the part after it; null on the last one
 */
public record Page<T>(List<T> items, @Nullable String nextToken) {
  /** Copies the list. */
  public Page {
    items = List.copyOf(items);
  }

  /** Which part a request asks for. */
  public record Request(int maxResults, long offset) {
    /** The request of a token that {@link Page#nextToken} gave, or of the first page when null. */
    public static Request of(int maxResults, @Nullable String token) {
      return new Request(maxResults, PageToken.offset(token));
    }

    /** One more than asked for shows whether there is a next page. */
    public int limit() {
      return maxResults + 1;
    }

    /** The page, from at most {@link #limit} rows that were found. */
    public <T> Page<T> of(List<T> found) {
      if (found.size() <= maxResults) {
        return new Page<>(found, null);
      }
      return new Page<>(found.subList(0, maxResults), PageToken.of(offset + maxResults));
    }
  }

  /** The page of what another look-up makes of all its items at once. */
  public <R> Page<R> mapAll(Function<List<T>, List<R>> mapping) {
    return new Page<>(mapping.apply(items), nextToken);
  }
}
