package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;

class ReceiversTest {
  private static final InetAddress PUBLIC = InetAddress.ofLiteral("8.8.8.8");
  private static final InetAddress PRIVATE = InetAddress.ofLiteral("127.0.0.1");

  @Test
  void oneAddressInsideIsEnoughToRefuse() {
    var receivers = receivers(host -> new InetAddress[] {PUBLIC, PRIVATE});
    assertThatThrownBy(() -> receivers.check("http://mixed.example/"))
        .hasMessage(
            "Webhook URL must not resolve to a non-public IP address. 'mixed.example' resolves to 127.0.0.1.");
  }

  @Test
  void aNameWithoutAnAddressIsRefused() {
    var receivers =
        receivers(
            host -> {
              throw new UnknownHostException("nothing there");
            });
    assertThatThrownBy(() -> receivers.check("http://lost.example/"))
        .hasMessage("Cannot resolve Webhook URL hostname 'lost.example': nothing there");
  }

  @Test
  void aNameThatMovesInsideAfterItWasTakenIsNotSentTo() throws Exception {
    try (var inbox = new Inbox()) {
      Deque<InetAddress> answers = new ArrayDeque<>(List.of(PUBLIC, PRIVATE, PRIVATE));
      var receivers = receivers(host -> new InetAddress[] {answers.removeFirst()});
      var url = inbox.url().replace("127.0.0.1", "rebound.example");
      receivers.check(url);

      var outcome = sender(receivers).send(new Receiver("id", url, null), "delivery", "{}");

      assertThat(outcome)
          .isEqualTo(
              new Outcome.NotSent(
                  "Webhook URL must not resolve to a non-public IP address. 'rebound.example' resolves to 127.0.0.1."));
      assertThat(inbox.rest()).isEmpty();
      assertThat(answers).as("looked up once for each use").hasSize(1);
    }
  }

  @Test
  void connectsToTheAddressThatWasCheckedAndNamesTheHost() throws Exception {
    try (var inbox = new Inbox()) {
      Deque<InetAddress> answers = new ArrayDeque<>(List.of(PRIVATE));
      var receivers =
          new Receivers(
              Set.of("http"),
              Receivers.Reach.ANY,
              host -> new InetAddress[] {answers.removeFirst()});
      var url = inbox.url().replace("127.0.0.1", "user:p%C3%A4ss@name.example");

      var outcome = sender(receivers).send(new Receiver("id", url, null), "delivery", "{}");

      assertThat(outcome).isEqualTo(new Outcome.Answered(200, "", null));
      var received = inbox.next();
      assertThat(received.header("Host")).startsWith("name.example:");
      assertThat(received.header("Authorization")).isEqualTo("Basic dXNlcjpww6Rzcw==");
    }
  }

  @Test
  void givesUpOnANameThatIsLookedUpForTooLong() throws Exception {
    var never = new CountDownLatch(1);
    try (var names =
        new PatientResolver(
            host -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return new InetAddress[] {PUBLIC};
            },
            Duration.ofMillis(50))) {
      assertThatThrownBy(() -> names.resolve("slow.example"))
          .isInstanceOf(UnknownHostException.class)
          .hasMessageContaining("no answer within");
    }
  }

  private static Receivers receivers(Resolver resolver) {
    return new Receivers(Set.of("http"), Receivers.Reach.PUBLIC, resolver);
  }

  private static Sender sender(Receivers receivers) {
    var http =
        new HttpPost((SSLSocketFactory) SSLSocketFactory.getDefault(), Duration.ofSeconds(10));
    var secrets = new SecretBox(SecretKey.of("", Path.of("unused")));
    return new Sender(receivers, secrets, http, Clock.systemUTC());
  }
}
