package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What TLS asks of the receiver, and how long it may take. */
class HttpPostIT {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final List<InetAddress> LOOPBACK = List.of(InetAddress.getLoopbackAddress());

  @TempDir private Path folder;

  @Test
  void asksForACertificateOfTheHostAndNotOfTheAddress() throws Exception {
    var tls = tls("hook.example");
    var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 5);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(202, -1);
          }
        });
    server.start();
    try {
      var post = new HttpPost(tls.getSocketFactory(), Duration.ofSeconds(20));
      var port = server.getAddress().getPort();
      assertThat(send(post, "https://hook.example:" + port + "/").status()).isEqualTo(202);
      assertThatThrownBy(() -> send(post, "https://other.example:" + port + "/"))
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("other.example");
      var stranger = new HttpPost(defaultTls(), Duration.ofSeconds(20));
      assertThatThrownBy(() -> send(stranger, "https://hook.example:" + port + "/"))
          .isInstanceOf(SSLException.class);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void endsWithItsLimitWhateverTheReceiverDoes() throws Exception {
    try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      var dripping =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (var socket = server.accept()) {
                      // Something comes for each byte that is sent, but never a whole answer.
                      var in = socket.getInputStream();
                      while (in.read() >= 0) {
                        socket.getOutputStream().write('H');
                      }
                    } catch (IOException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      var post = new HttpPost(defaultTls(), Duration.ofSeconds(1));
      assertThatThrownBy(() -> send(post, "http://127.0.0.1:" + server.getLocalPort() + "/"))
          .hasMessage("no answer within 1 s");
      assertThat(dripping.join(Duration.ofSeconds(20))).isTrue();
    }
  }

  @Test
  void triesTheOtherAddressesOfAHost() throws Exception {
    try (var inbox = new Inbox()) {
      var post = new HttpPost(defaultTls(), Duration.ofSeconds(20));
      var url = WebhookUrl.parse(inbox.url(), Set.of("http"));
      // Nothing listens at the first.
      var addresses = List.of(InetAddress.ofLiteral("127.0.0.2"), LOOPBACK.getFirst());
      assertThat(post.send(url, addresses, Map.of(), new byte[0]).status()).isEqualTo(200);
    }
  }

  private static HttpAnswer send(HttpPost post, String url) throws IOException {
    var parsed = WebhookUrl.parse(url, Set.of("http", "https"));
    return post.send(parsed, LOOPBACK, Map.of(), "{}".getBytes(StandardCharsets.UTF_8));
  }

  private static SSLSocketFactory defaultTls() {
    return (SSLSocketFactory) SSLSocketFactory.getDefault();
  }

  /** A context whose server shows, and whose client trusts, a certificate for the name. */
  private SSLContext tls(String name) throws Exception {
    var file = folder.resolve("keys.p12");
    var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    var process =
        new ProcessBuilder(
                keytool,
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "hook",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=dns:" + name,
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                String.valueOf(PASSWORD))
            .redirectErrorStream(true)
            .start();
    assertThat(process.waitFor())
        .as(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isZero();
    var keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD);
    }
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("hook", keys.getCertificate("hook"));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
