package dev.millrace.serving.api.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectionWatchIT {
  private static final int BODY_BYTES = 400_000;
  private static final RequestLimits REQUESTS =
      new RequestLimits(BODY_BYTES, Duration.ofSeconds(20), Duration.ofSeconds(20));
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofMillis(600);

  private final ParkingRoute route = new ParkingRoute();
  private final FastPathServer server =
      new FastPathServer(route, REQUESTS, new ConnectionLimits(IDLE, LONG));

  @AfterEach
  void nothingIsLeftOver() {
    await().untilAsserted(() -> assertThat(server.inFlight().count()).isZero());
    server.close();
    await().untilAsserted(() -> assertThat(server.bytesInUse()).as("leaked bytes").isZero());
  }

  @Test
  void closesConnectionsThatNeverSendARequest() throws IOException {
    try (var client = server.connect()) {
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void closesConnectionsThatSendNoFurtherRequest() throws IOException {
    try (var client = server.connect()) {
      assertThat(client.post("/fast", "", bytes("1")).read().text()).isEqualTo("fast 1");
      assertThat(client.isClosedByServer()).isTrue();
    }
    try (var client = server.connect()) {
      assertThat(client.post("/other", "", bytes("1")).read().text()).isEqualTo("slow /other");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void keepsConnectionsThatAreUsedAgainAndAgain() throws IOException {
    try (var client = server.connect()) {
      for (int i = 0; i < 12; i++) {
        pause(IDLE.dividedBy(4));
        var path = i % 2 == 0 ? "/fast" : "/other";
        assertThat(client.post(path, "", bytes("1")).read().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void keepsConnectionsWhoseRequestIsUnderWay() throws Exception {
    try (var client = server.connect()) {
      client.post("/fast/parked", "", bytes("1"));
      pause(IDLE.multipliedBy(3));
      route.next().answer();
      assertThat(client.read().text()).isEqualTo("fast 1");
      client.sendHead("GET /held HTTP/1.1\nHost: x\n\n");
      pause(IDLE.multipliedBy(3));
      server.releaseHeld();
      assertThat(client.read().text()).isEqualTo("slow /held");
    }
  }

  @Test
  void keepsConnectionsWhoseRequestStillArrives() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHos");
      pause(IDLE.multipliedBy(2));
      client.sendHead("t: x\nContent-Length: 2\n\na");
      pause(IDLE.multipliedBy(2));
      assertThat(client.send(bytes("b")).read().text()).isEqualTo("fast ab");
    }
  }

  @Test
  void keepsConnectionsWhoseAnswerIsAStream() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("GET /stream HTTP/1.1\nHost: x\n\n");
      assertThat(client.readHead().status()).isEqualTo(200);
      assertThat(client.readUntil("\r\n0\r\n\r\n")).contains("0,", "5,", "11,");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void keepsConnectionsThatPipelineBehindALongRequest() throws Exception {
    try (var client = server.connect()) {
      client.post("/fast/parked", "", bytes("1")).post("/fast", "", bytes("2"));
      var first = route.next();
      pause(IDLE.multipliedBy(3));
      first.answer();
      assertThat(client.read().text()).isEqualTo("fast 1");
      assertThat(client.read().text()).isEqualTo("fast 2");
    }
  }

  @Test
  void closesConnectionsWhoseClientTakesNothingOfItsAnswers() throws IOException {
    var limits = new ConnectionLimits(LONG, Duration.ofMillis(500));
    try (var hard = new FastPathServer(route, REQUESTS, limits);
        var client = hard.connect()) {
      int count = 100;
      for (int i = 0; i < count; i++) {
        client.post("/fast/large", "", bytes("1"));
      }
      await().until(() -> hard.bytesInUse() > 0);
      await().untilAsserted(() -> assertThat(hard.bytesInUse()).isZero());
      assertThat(route.handled()).isLessThan(count);
      assertThat(client.readsUntilItEnds()).isLessThan((long) count * ParkingRoute.LARGE_BYTES);
    }
  }

  @Test
  void keepsClientsThatTakeTheirAnswerSlowly() throws IOException {
    var limits = new ConnectionLimits(LONG, Duration.ofSeconds(1));
    int count = 60;
    try (var hard = new FastPathServer(route, REQUESTS, limits);
        var client = hard.connect()) {
      for (int i = 0; i < count; i++) {
        client.post("/fast/large", "", bytes("1"));
      }
      for (int i = 0; i < count; i++) {
        if (i % 5 == 0) {
          pause(Duration.ofMillis(200));
        }
        assertThat(client.read().body()).hasSize(ParkingRoute.LARGE_BYTES);
      }
    }
  }

  @Test
  void takesNoMoreRequestsThanItsClientTakesAnswers() throws IOException {
    int count = 90;
    try (var client = server.connect()) {
      for (int i = 0; i < count; i++) {
        client.post(i % 3 == 2 ? "/other" : "/fast/large", "", bytes("1"));
      }
      await().until(() -> route.handled() > 0);
      await()
          .during(Duration.ofMillis(300))
          .untilAsserted(() -> assertThat(route.handled()).isLessThan(count / 2));
      for (int i = 0; i < count; i++) {
        assertThat(client.read().body()).hasSize(i % 3 == 2 ? 11 : ParkingRoute.LARGE_BYTES);
      }
    }
  }

  private static void pause(Duration duration) {
    await().pollDelay(duration).until(() -> true);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
