package dev.millrace.loadtest.generator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.loadtest.traffic.Protocol;
import dev.millrace.loadtest.traffic.Sample;
import dev.millrace.loadtest.traffic.Target;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GeneratorIT {
  private static final Duration MEASURED = Duration.ofMillis(600);

  @Test
  void constantArrivalsAreAllSentAndAnswered() throws Exception {
    try (var server = StubServer.answering(Duration.ZERO)) {
      var measurement = Generator.run(target(server.port()), constant(500, 4));
      assertThat(measurement.errors()).isZero();
      assertThat(measurement.answers()).isEqualTo(300);
    }
  }

  @Test
  void aStallCountsForEveryRequestThatWasDueMeanwhile() throws Exception {
    // 250 ms in which 125 requests were due: a closed loop would see one slow request in 300.
    try (var server = StubServer.answering(Duration.ofMillis(250))) {
      var measurement = Generator.run(target(server.port()), constant(500, 1));
      assertThat(measurement.answers()).isEqualTo(300);
      assertThat(measurement.millisAt(75)).isGreaterThan(50);
      assertThat(measurement.millisAt(100)).isGreaterThan(240);
    }
  }

  @Test
  void saturatingCallersKeepOneRequestInFlightEach() throws Exception {
    try (var server = StubServer.answering(Duration.ZERO)) {
      var plan = new Plan(new Arrivals.Saturating(), 8, Duration.ZERO, MEASURED);
      var measurement = Generator.run(target(server.port()), plan);
      assertThat(measurement.errors()).isZero();
      assertThat(measurement.answers()).isGreaterThan(100);
      assertThat(server.mostAtOnce()).isBetween(2, 8);
    }
  }

  @Test
  void aServerThatIsNotThereGivesErrorsAndEnds() throws Exception {
    int port;
    try (var server = StubServer.answering(Duration.ZERO)) {
      port = server.port();
    }
    var measurement = Generator.run(target(port), constant(50, 2));
    assertThat(measurement.answers()).isZero();
    assertThat(measurement.errors()).isEqualTo(30);
    assertThat(measurement.firstFailure()).startsWith("No connection: ");
  }

  private static Plan constant(double perSecond, int callers) {
    return new Plan(new Arrivals.Constant(perSecond), callers, Duration.ZERO, MEASURED);
  }

  private static Target target(int port) {
    var server = URI.create("http://127.0.0.1:" + port);
    return new Target(Protocol.BINARY, server, Sample.picture("any"));
  }
}
