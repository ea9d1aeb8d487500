package dev.millrace.loadtest.system;

import static java.net.http.HttpResponse.BodyHandlers.ofByteArray;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Watches which versions of `digits` are live, from outside. A sighting is a snapshot taken at some
 * moment between its request and its answer, so a version may have become live any time after the
 * request of the last sighting without it, and may have been live until the answer of the first
 * sighting without it again. An answer that names a version and lies wholly outside that span is
 * wrong without doubt.
 */
final class LiveVersions implements AutoCloseable {
  private static final int PAUSE_MILLIS = 10;

  private record Sighting(long beforeNanos, long afterNanos, Set<String> live) {}

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Sighting> sightings = new CopyOnWriteArrayList<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final HttpRequest status;

  private LiveVersions(URI service) {
    status = HttpRequest.newBuilder(URI.create(service + "/console/status")).build();
  }

  static LiveVersions watch(URI service) {
    var versions = new LiveVersions(service);
    var _ =
        versions.thread.scheduleWithFixedDelay(
            versions::look, 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    return versions;
  }

  private void look() {
    var before = System.nanoTime();
    try {
      var body = http.send(status, ofByteArray()).body();
      keep(new Sighting(before, System.nanoTime(), live(body)));
    } catch (IOException | RuntimeException e) {
      failures.add(e.toString());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Of sightings that say the same, the first and the last matter. */
  private void keep(Sighting sighting) {
    var size = sightings.size();
    var repeats =
        size > 1
            && sightings.get(size - 1).live().equals(sighting.live())
            && sightings.get(size - 2).live().equals(sighting.live());
    if (repeats) {
      sightings.set(size - 1, sighting);
    } else {
      sightings.add(sighting);
    }
  }

  private static Set<String> live(byte[] body) {
    var live = new HashSet<String>();
    for (var model : RestClient.JSON.readTree(body).path("models")) {
      for (var version : model.path("versions")) {
        if (model.path("name").asString().equals("digits") && version.path("live").asBoolean()) {
          live.add(version.path("version").asString());
        }
      }
    }
    return live;
  }

  /** Whether the version can have been live at a moment between sending and receiving. */
  boolean mayHaveBeenLive(String version, long sentNanos, long receivedNanos) {
    for (var index = 0; index < sightings.size(); index++) {
      if (sightings.get(index).live().contains(version)
          && (index == 0 || receivedNanos - sightings.get(index - 1).beforeNanos() >= 0)
          && (index + 1 == sightings.size()
              || sentNanos - sightings.get(index + 1).afterNanos() <= 0)) {
        return true;
      }
    }
    return false;
  }

  /** The versions in the order they became live. */
  List<String> inOrder() {
    return sightings.stream().flatMap(sighting -> sighting.live().stream()).distinct().toList();
  }

  List<String> failures() {
    return failures;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
