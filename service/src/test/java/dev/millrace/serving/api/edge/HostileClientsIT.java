package dev.millrace.serving.api.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients send that mean harm, or that another server in front would read differently. */
@Timeout(60)
class HostileClientsIT {
  private static final int LIMIT_BYTES = 200_000;
  private static final RequestLimits LIMITS =
      new RequestLimits(LIMIT_BYTES, Duration.ofSeconds(20), Duration.ofSeconds(20));
  private static final String NEXT = "POST /fast HTTP/1.1\nHost: x\nContent-Length: 4\n\nnext";

  private final ParkingRoute route = new ParkingRoute();
  private final FastPathServer server = new FastPathServer(route, LIMITS);

  @AfterEach
  void nothingIsLeftOver() {
    await().untilAsserted(() -> assertThat(server.inFlight().count()).isZero());
    server.close();
    await().untilAsserted(() -> assertThat(server.bytesInUse()).as("leaked bytes").isZero());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 4\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\nContent-Length: 4",
        "Transfer-Encoding: chunked\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: identity\nContent-Length: 4",
        "Transfer-Encoding: xchunked\nContent-Length: 4",
        "Transfer-Encoding : chunked",
        "Content-Length: 4\nContent-Length: 5",
        "Content-Length: 4, 5",
        "Content-Length: +4",
        "Content-Length: -4",
        "Content-Length: 0x4",
        "Content-Length: 99999999999999999999",
        "Content-Length : 4",
        "Content-Length: 4\nbroken\u0000: x",
        "Content-Length: 4\nX-Header: a\u0000b",
      })
  void refusesBodiesWhoseLengthIsInDoubt(String headers) throws IOException {
    for (var path : new String[] {"/fast", "/other"}) {
      try (var client = server.connect()) {
        client.sendHead("POST %s HTTP/1.1\nHost: x\n%s\n\n4\nbody\n0\n\n".formatted(path, headers));
        assertThat(client.read().status()).as(path).isIn(400, 501);
        assertThat(client.isClosedByServer()).isTrue();
      }
    }
    assertThat(route.handled()).isZero();
  }

  @Test
  void refusesChunksInHttp10() throws IOException {
    try (var client = server.connect()) {
      client.sendHead(
          "POST /fast HTTP/1.0\nConnection: keep-alive\nTransfer-Encoding: chunked\n\n1\na\n0\n\n");
      assertThat(client.read().status()).isEqualTo(400);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PRI * HTTP/2.0\n\nSM\n\n",
        "POST /fast HTTP/2.0\nHost: x\nContent-Length: 0\n\n",
        "POST /fast HTTP/0.9\nHost: x\nContent-Length: 0\n\n",
        "POST /fast HTTP/9.9\nHost: x\nContent-Length: 0\n\n",
        "POST /fast RTSP/1.0\nHost: x\nContent-Length: 0\n\n",
        "POST /fast\n\n",
      })
  void refusesOtherProtocols(String request) throws IOException {
    try (var client = server.connect()) {
      assertThat(client.sendHead(request).read().status()).isIn(400, 505);
      assertThat(client.isClosedByServer()).isTrue();
    }
    assertThat(route.handled()).isZero();
  }

  @Test
  void answersStrangeMethodsAndGoesOn() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("OPTIONS * HTTP/1.1\nHost: x\n\n");
      assertThat(client.read().status()).isPositive();
      client.sendHead("BREW /fast HTTP/1.1\nHost: x\n\n");
      assertThat(client.read().status()).isEqualTo(405);
      assertThat(client.sendHead(NEXT).read().text()).isEqualTo("fast next");
    }
  }

  @Test
  void keepsAnswersApartAfterHead() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("HEAD /fast HTTP/1.1\nHost: x\n\n" + NEXT);
      assertThat(client.readHead().status()).isEqualTo(405);
      assertThat(client.read().text()).isEqualTo("fast next");
    }
  }

  @Test
  void keepsAnswersApartWhenHeadFollowsAnInvitedBody() throws IOException {
    try (var client = server.connect()) {
      client.sendHead(
          "POST /fast HTTP/1.1\nHost: x\nExpect: 100-continue\nContent-Length: 2\n\nok"
              + "HEAD /fast HTTP/1.1\nHost: x\n\n"
              + NEXT);
      assertThat(client.read().status()).isEqualTo(100);
      assertThat(client.read().text()).isEqualTo("fast ok");
      assertThat(client.readHead().status()).isEqualTo(405);
      assertThat(client.read().text()).isEqualTo("fast next");
    }
  }

  @Test
  void ignoresAnInvitationThatHttp10CannotHave() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.0\nExpect: 100-continue\nContent-Length: 2\n\nok");
      assertThat(client.read().text()).isEqualTo("fast ok");
    }
  }

  @Test
  void takesBodiesInTinyChunks() throws IOException {
    int count = 50_000;
    var body = "1\na\n".repeat(count);
    try (var client = server.connect()) {
      client.sendHead(
          "POST /fast HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n" + body + "0\n\n" + NEXT);
      assertThat(client.read().text()).isEqualTo("fast " + "a".repeat(count));
      assertThat(client.read().text()).isEqualTo("fast next");
    }
  }

  @Test
  void refusesTinyChunksThatTogetherAreTooMuch() throws IOException {
    try (var client = server.connect()) {
      client.sendHead(
          "POST /fast HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n"
              + "1\na\n".repeat(LIMIT_BYTES + 1));
      assertThat(client.read().status()).isEqualTo(413);
      client.sendHead("0\n\n");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1;%s\na\n0\n\n", "1\na\n0\nX-Trailer: %s\n\n", "%s\na\n0\n\n"})
  void refusesChunksWithLongHeads(String body) throws IOException {
    for (var path : new String[] {"/fast", "/other"}) {
      try (var client = server.connect()) {
        client.sendHead(
            "POST %s HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n".formatted(path)
                + body.formatted("e".repeat(20_000)));
        assertThat(client.read().status()).as(path).isIn(400, 413, 414, 431);
        assertThat(client.isClosedByServer()).isTrue();
      }
    }
  }

  @Test
  void refusesFloodsOfHeaders() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\n" + "a: b\n".repeat(100_000) + "\n");
      assertThat(client.read().status()).isEqualTo(431);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void answersBeforeItRefusesGarbageBehindARequest() throws Exception {
    for (var garbage : new String[] {"garbage\n\n", "\u0000\u0001\u0002\n\n", "GET\n\n"}) {
      try (var client = server.connect()) {
        client.sendHead(NEXT.replace("/fast", "/fast/parked") + garbage);
        route.next().answer();
        assertThat(client.read().text()).isEqualTo("fast next");
        assertThat(client.read().status()).isEqualTo(400);
        assertThat(client.isClosedByServer()).isTrue();
      }
    }
  }

  @Test
  void answersBeforeItRefusesGarbageBehindARequestOfSpring() throws Exception {
    try (var client = server.connect()) {
      client.sendHead("GET /held HTTP/1.1\nHost: x\n\ngarbage\n\n");
      server.releaseHeld();
      assertThat(client.read().text()).isEqualTo("slow /held");
      assertThat(client.read().status()).isEqualTo(400);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void refusesBrokenChunksOfSpringsRequests() throws IOException {
    try (var client = server.connect()) {
      client.sendHead("POST /other HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\nnothex\nabc\n");
      assertThat(client.read().status()).isEqualTo(400);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void holdsNoMoreThanOneReadOfAClientThatPipelinesWithoutEnd() throws Exception {
    var flood = "GET /fast HTTP/1.1\nHost: x\n\n".replace("\n", "\r\n").repeat(4_000);
    try (var client = server.connect()) {
      client.post("/fast/parked", "", bytes("1"));
      var first = route.next();
      client.send(bytes(flood));
      await()
          .during(Duration.ofMillis(200))
          .untilAsserted(() -> assertThat(server.bytesInUse()).isLessThan(1 << 18));
      assertThat(route.handled()).as("what comes after the first").isOne();
      first.answer();
    }
  }

  @Test
  void treatsAClientThatEndsItsOutputAsGone() throws Exception {
    try (var client = server.connect()) {
      client.post("/fast/parked", "", bytes("a")).endOutput();
      var parked = route.next();
      await().until(() -> parked.exchange().gone());
      parked.answer();
      assertThat(client.isClosedByServer()).isTrue();
    }
    try (var client = server.connect()) {
      client.sendHead("POST /fast HTTP/1.1\nHost: x\nContent-Length: 10\n\nabc").endOutput();
      assertThat(client.isClosedByServer()).isTrue();
    }
    await().untilAsserted(() -> assertThat(route.refused()).containsExactly("/fast CANCELED"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
