package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.protocol.mlflow.MlflowJson;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A receiver on loopback that keeps what it gets and answers as it is told, with 200 otherwise. */
final class Inbox implements AutoCloseable {
  private static final int LIMIT_SECONDS = 60;

  /** What was received. */
  record Received(String path, Map<String, String> headers, String body) {
    JsonNode json() {
      return MlflowJson.mapper().readTree(body);
    }

    String header(String name) {
      return Objects.requireNonNull(headers.get(name.toLowerCase(Locale.ROOT)), name);
    }

    String event() {
      return json().path("entity").asString() + "." + json().path("action").asString();
    }

    JsonNode data() {
      return json().path("data");
    }

    String deliveryId() {
      return header("X-MLflow-Delivery-Id");
    }
  }

  private record Reply(int status, Map<String, String> headers, String body) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
  private final ConcurrentLinkedQueue<Reply> replies = new ConcurrentLinkedQueue<>();

  Inbox() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    server.setExecutor(threads);
    server.createContext("/", this::receive);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
  }

  /** The next answer after those told before. */
  Inbox answering(int status, Map<String, String> headers, String body) {
    replies.add(new Reply(status, headers, body));
    return this;
  }

  Inbox answering(int status) {
    return answering(status, Map.of(), "");
  }

  Received next() throws InterruptedException {
    var next = received.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(next).as("received within %s s", LIMIT_SECONDS).isNotNull();
    return Objects.requireNonNull(next);
  }

  List<Received> next(int count) throws InterruptedException {
    var all = new ArrayList<Received>();
    while (all.size() < count) {
      all.add(next());
    }
    return all;
  }

  /** What came and was not looked at; call it when nothing more can come. */
  List<Received> rest() {
    var rest = new ArrayList<Received>();
    received.drainTo(rest);
    return rest;
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      var headers = new HashMap<String, String>();
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) ->
                  headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
      var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      var reply = nextReply();
      reply.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
      var bytes = reply.body().getBytes(StandardCharsets.UTF_8);
      // Kept before the answer goes out: who waits for the answer finds it here.
      received.add(new Received(exchange.getRequestURI().toString(), headers, body));
      exchange.sendResponseHeaders(reply.status(), bytes.length == 0 ? -1 : bytes.length);
      if (bytes.length > 0) {
        exchange.getResponseBody().write(bytes);
      }
    }
  }

  private Reply nextReply() {
    @Nullable Reply reply = replies.poll();
    return reply == null ? new Reply(200, Map.of(), "") : reply;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
