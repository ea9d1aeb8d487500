package dev.millrace.serving.api.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FastPathHandlerIT {
  private static final int LIMIT_BYTES = 200_000;
  private static final RequestLimits LIMITS =
      new RequestLimits(LIMIT_BYTES, Duration.ofMillis(300), Duration.ofMillis(300));

  private final ParkingRoute route = new ParkingRoute();
  private final FastPathServer server = new FastPathServer(route, LIMITS);

  @AfterEach
  void nothingIsLeftOver() {
    await().untilAsserted(() -> assertThat(server.inFlight().count()).isZero());
    server.close();
    await().untilAsserted(() -> assertThat(server.bytesInUse()).as("leaked bytes").isZero());
  }

  @Test
  void answersItsOwnRequestsAndLeavesTheOthersToTheServer() throws IOException {
    try (var client = server.connect()) {
      for (int i = 0; i < 3; i++) {
        var fast = client.post("/fast?x=" + i, "", bytes("a" + i)).read();
        assertThat(fast.status()).isEqualTo(200);
        assertThat(fast.text()).isEqualTo("fast a" + i);
        assertThat(fast.header("connection")).isEmpty();
        assertThat(client.sendHead("GET /other HTTP/1.1\nHost: x\n\n").read().text())
            .isEqualTo("slow /other");
        assertThat(client.post("/other", "", bytes("b")).read().text()).isEqualTo("slow /other");
      }
    }
    assertThat(route.refused()).isEmpty();
  }

  @Test
  void putsLargeBodiesTogether() throws IOException {
    var body = new byte[LIMIT_BYTES];
    new Random(1).nextBytes(body);
    try (var client = server.connect()) {
      var whole = client.post("/fast", "", body).read().body();
      assertThat(whole).hasSize(LIMIT_BYTES + 5).endsWith(body);
    }
  }

  @Test
  void takesChunkedBodies() throws IOException {
    try (var client = server.connect()) {
      client.sendHead(
          "POST /fast HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\n\n");
      assertThat(client.read().text()).isEqualTo("fast abcde");
    }
  }

  @Test
  void handlesPipelinedRequestsOneAfterTheOther() throws Exception {
    try (var client = server.connect()) {
      client.sendHead(post("/fast/parked", "1") + post("/fast/parked", "2") + post("/fast", "3"));
      var first = route.next();
      assertThat(route.hasNext()).as("the second waits for the first").isFalse();
      first.answer();
      assertThat(client.read().text()).isEqualTo("fast 1");
      route.next().answer();
      assertThat(client.read().text()).isEqualTo("fast 2");
      assertThat(client.read().text()).isEqualTo("fast 3");
      assertThat(client.post("/fast", "", bytes("4")).read().text()).isEqualTo("fast 4");
    }
  }

  @Test
  void keepsTheOrderOfPipelinedRequestsToBothPaths() throws Exception {
    try (var client = server.connect()) {
      client.sendHead(
          "GET /held HTTP/1.1\nHost: x\n\n"
              + post("/fast/parked", "1")
              + "GET /b HTTP/1.1\nHost: x\n\n"
              + post("/fast", "2")
              + post("/c", "body"));
      await().during(Duration.ofMillis(50)).until(() -> !route.hasNext());
      server.releaseHeld();
      assertThat(client.read().text()).isEqualTo("slow /held");
      route.next().answer();
      assertThat(client.read().text()).isEqualTo("fast 1");
      assertThat(client.read().text()).isEqualTo("slow /b");
      assertThat(client.read().text()).isEqualTo("fast 2");
      assertThat(client.read().text()).isEqualTo("slow /c");
    }
  }

  @Test
  void survivesALongPipeline() throws IOException {
    int count = 500;
    var requests = new StringBuilder();
    for (int i = 0; i < count; i++) {
      requests.append(
          i % 7 == 0 ? "GET /s%d HTTP/1.1\nHost: x\n\n".formatted(i) : post("/fast", "" + i));
    }
    try (var client = server.connect()) {
      client.sendHead(requests.toString());
      for (int i = 0; i < count; i++) {
        assertThat(client.read().text()).isEqualTo(i % 7 == 0 ? "slow /s" + i : "fast " + i);
      }
    }
  }

  @Test
  void readsRequestsThatArriveByteByByte() throws IOException {
    try (var client = server.connect()) {
      for (byte b : bytes(post("/fast", "slowly").replace("\n", "\r\n"))) {
        client.send(new byte[] {b});
      }
      assertThat(client.read().text()).isEqualTo("fast slowly");
    }
  }

  @Test
  void refusesBodiesThatAnnounceToBeTooLarge() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\nContent-Length: 200001\n\n");
      assertTooLarge(client.read());
      client.send(new byte[200_001]);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void refusesBodiesThatBecomeTooLarge() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n30d41\n");
      client.send(new byte[200_001]);
      assertTooLarge(client.read());
      client.sendHead("\n0\n\n");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void invitesTheBodyWhenTheClientWaitsForThat() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\nExpect: 100-continue\nContent-Length: 2\n\n");
      assertThat(client.read().status()).isEqualTo(100);
      assertThat(client.send(bytes("ok")).read().text()).isEqualTo("fast ok");
    }
  }

  @Test
  void refusesInsteadOfInvitingABodyThatIsTooLarge() throws IOException {
    try (var client = server.connect()) {
      client.sendHead(
          "POST /fast HTTP/1.1\nHost: x\nExpect: 100-continue\nContent-Length: 999999999999\n\n");
      assertTooLarge(client.read());
    }
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\nExpect: tea\nContent-Length: 2\n\n");
      assertThat(client.read().status()).isEqualTo(417);
    }
  }

  @Test
  void givesUpOnSlowBodies() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\nContent-Length: 10\n\nabc");
      var response = client.read();
      assertThat(response.status()).isEqualTo(408);
      assertThat(response.text())
          .isEqualTo("{\"error\":\"The body did not arrive within 300 ms; 3 bytes did.\"}");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void givesUpOnSlowHeads() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHos");
      var response = client.read();
      assertThat(response.status()).isEqualTo(408);
      assertThat(response.text()).contains("The head of the request did not arrive within 300 ms");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void givesUpOnASlowHeadBehindARequestThatTookLonger() throws Exception {
    try (var client = server.connect()) {
      client.post("/fast/parked", "", bytes("1"));
      route.next().answer();
      assertThat(client.read().text()).isEqualTo("fast 1");
      client.sendHead("POST /fast HTTP/1.1\nHos");
      assertThat(client.read().status()).isEqualTo(408);
    }
  }

  @Test
  void leavesIdleConnectionsAlone() throws IOException {
    try (var client = server.connect()) {
      assertThat(client.post("/fast", "", bytes("1")).read().status()).isEqualTo(200);
      await().pollDelay(Duration.ofMillis(700)).until(() -> true);
      assertThat(client.post("/fast", "", bytes("2")).read().text()).isEqualTo("fast 2");
    }
  }

  @Test
  void refusesGarbage() throws IOException {
    var random = new Random(7);
    for (int i = 0; i < 50; i++) {
      var garbage = new byte[200];
      random.nextBytes(garbage);
      garbage[random.nextInt(100)] = '\n';
      garbage[199] = '\n';
      try (var client = server.connect()) {
        var response = client.send(garbage).send(bytes("\r\n\r\n")).read();
        assertThat(response.status()).isIn(400, 414, 431);
        assertThat(response.text()).startsWith("{\"error\":\"");
        assertThat(client.isClosedByServer()).isTrue();
      }
    }
  }

  @Test
  void refusesGarbageAlsoWhenMoreOfItArrivesAfterTheAnswer() throws IOException {
    try (var client = server.connect()) {
      client.send(bytes("no HTTP at all\r\n"));
      client.awaitAnswer();
      client.send(bytes("and more of it\r\n\r\n")).send(bytes("and more"));
      assertThat(client.read().status()).isEqualTo(400);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void refusesBrokenChunks() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\nnothex\nabc\n");
      var response = client.read();
      assertThat(response.status()).isEqualTo(400);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void refusesHeadsThatAreTooLong() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\nX-Long: %s\n\n".formatted("a".repeat(20_000)));
      assertThat(client.read().status()).isEqualTo(431);
    }
    try (var client = server.connect()) {
      client.sendHead("POST /fast/%s HTTP/1.1\nHost: x\n\n".formatted("a".repeat(20_000)));
      assertThat(client.read().status()).isEqualTo(414);
    }
  }

  @Test
  void answersOtherMethodsWithTheOneItTakes() throws IOException {
    try (var client = server.connect()) {
      var get = client.sendHead("GET /fast HTTP/1.1\nHost: x\n\n").read();
      assertThat(get.status()).isEqualTo(405);
      assertThat(get.header("allow")).isEqualTo("POST");
      assertThat(get.text())
          .isEqualTo("{\"error\":\"Method Not Allowed: GET; this path takes POST\"}");
      client.sendHead("PUT /fast HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc");
      assertThat(client.read().status()).isEqualTo(405);
      assertThat(client.post("/fast", "", bytes("1")).read().status()).isEqualTo(200);
    }
  }

  @Test
  void answersHeadWithoutABody() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("HEAD /fast HTTP/1.1\nHost: x\nConnection: close\n\n");
      assertThat(client.readHead().status()).isEqualTo(405);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void closesAfterHttp10UnlessAskedToKeepTheConnection() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.0\nConnection: keep-alive\nContent-Length: 1\n\na");
      assertThat(client.read().header("connection")).isEqualTo("keep-alive");
      client.sendHead("POST /fast HTTP/1.0\nContent-Length: 1\n\nb");
      assertThat(client.read().text()).isEqualTo("fast b");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void closesWhenTheClientWantsThat() throws IOException {
    try (var client = server.connect()) {
      var response = client.post("/fast", "Connection: close\n", bytes("a")).read();
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void finishesRequestsAndClosesConnectionsWhileDraining() throws Exception {
    try (var client = server.connect()) {
      client.post("/fast/parked", "", bytes("a"));
      var parked = route.next();
      server.inFlight().drain();
      assertThat(server.inFlight().count()).isOne();
      parked.answer();
      var response = client.read();
      assertThat(response.text()).isEqualTo("fast a");
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(client.isClosedByServer()).isTrue();
    }
    try (var late = server.connect()) {
      assertThat(late.post("/fast", "", bytes("b")).read().status())
          .as("a client that has not noticed must not fail")
          .isEqualTo(200);
    }
  }

  @Test
  void noticesThatTheClientHasGone() throws Exception {
    ParkingRoute.Parked parked;
    try (var client = server.connect()) {
      client.post("/fast/parked", "", bytes("a"));
      parked = route.next();
      assertThat(parked.exchange().gone()).isFalse();
    }
    await().until(() -> parked.exchange().gone());
    assertThat(server.inFlight().count()).as("until the engine replies").isOne();
    parked.answer();
  }

  @Test
  void forgetsRequestsWhoseClientLeavesInTheMiddle() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\nContent-Length: 10\n\nabc");
      await().until(() -> server.inFlight().count() == 1);
    }
  }

  @Test
  void answersWhenTheRouteBreaks() throws IOException {
    try (var client = server.connect()) {
      var response = client.post("/fast/broken", "", bytes("a")).read();
      assertThat(response.status()).isEqualTo(500);
      assertThat(response.text()).isEqualTo("{\"error\":\"The request could not be handled.\"}");
      assertThat(client.post("/fast", "", bytes("1")).read().status()).isEqualTo(200);
    }
  }

  @Test
  void answersWhenMemoryRunsOut() throws IOException {
    try (var client = server.connect()) {
      var response = client.post("/fast/starved", "", bytes("a")).read();
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.text())
          .isEqualTo(
              "{\"error\":\"There is not enough memory for this request now. Retry later, or send fewer rows per request.\"}");
      assertThat(client.post("/fast", "", bytes("1")).read().status()).isEqualTo(200);
    }
  }

  @Test
  void refusesBodiesThatTogetherTakeTooMuchMemory() throws Exception {
    try (var client = server.connect();
        var late = server.connect();
        var later = server.connect()) {
      client.post("/fast/parked", "", new byte[LIMIT_BYTES]);
      var parked = route.next();
      var refused = late.post("/fast", "", new byte[LIMIT_BYTES]).read();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text())
          .contains("all requests under way may take 300000 bytes together. Retry later");
      parked.answer();
      assertThat(client.read().status()).isEqualTo(200);
      assertThat(later.post("/fast", "", new byte[LIMIT_BYTES]).read().status()).isEqualTo(200);
    }
  }

  private static void assertTooLarge(RawClient.Response response) {
    assertThat(response.status()).isEqualTo(413);
    assertThat(response.header("connection")).isEqualTo("close");
    assertThat(response.text()).contains("The body is larger than the limit of 200000 bytes");
  }

  private static String post(String path, String body) {
    return "POST %s HTTP/1.1\nHost: x\nContent-Length: %d\n\n%s"
        .formatted(path, body.length(), body);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
