package dev.millrace.store.search;

import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.Collections;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchLimitsIT {
  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    store.run("0");
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void limitsNesting() {
    var some = clauses("tags.a != 'b'", 250);
    var others = some.replace("AND", "OR");
    search("NOT (".repeat(25) + some + " OR " + others + ")".repeat(25), "").ok();
    search("NOT ".repeat(50) + "tags.a != 'b'", "").ok();
    refused(
        search("NOT ".repeat(51) + "tags.a != 'b'", ""),
        "The filter nests 51 parentheses and NOTs; the most is 50.");
  }

  @Test
  void limitsTheClausesOfAFilter() {
    search(clauses("tags.a != 'b'", 500), "").ok();
    search(clauses("run_name != 'b'", 500), "").ok();
    refused(search(clauses("run_name != 'b'", 501), ""), "The filter has 501 clauses; the most");
  }

  @Test
  void limitsPatterns() {
    search("run_name LIKE '" + "*".repeat(10_000) + "'", "").ok();
    search("run_name ILIKE '" + "\u20ac".repeat(10_000) + "'", "").ok();
    refused(
        search("run_name LIKE '" + "x".repeat(10_001) + "'", ""),
        "A LIKE pattern has 10001 characters; the most is 10000.");
  }

  @Test
  void limitsLists() {
    search("run_id IN (" + list(10_000) + ")", "").ok();
    refused(
        search("run_id IN (" + list(10_001) + ")", ""),
        "The lists of the filter have 10001 values; the most is 10000.");
  }

  @Test
  void limitsOrders() {
    search("", orders(50)).ok();
    refused(search("", orders(51)), "order_by has 51 entries; the most is 50.");
  }

  private static String clauses(String clause, int count) {
    return String.join(" AND ", Collections.nCopies(count, clause));
  }

  private static String list(int count) {
    return String.join(",", Collections.nCopies(count, "'a'"));
  }

  private static String orders(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "\"metrics.loss" + i + " DESC\"")
        .collect(Collectors.joining(","));
  }

  private static RunningStore.Answer search(String filter, String orders) {
    return store.post(
        "runs/search",
        "{\"experiment_ids\":[\"0\"],\"filter\":\"%s\",\"order_by\":[%s]}"
            .formatted(filter, orders));
  }

  private static void refused(RunningStore.Answer answer, String message) {
    answer.refused(400, "INVALID_PARAMETER_VALUE", message);
  }
}
