package dev.millrace.protocol.mlflow;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** An HTTP server that gives prepared answers and keeps what it was asked. */
final class ScriptedStore implements AutoCloseable {
  /** A request: "POST /path?query" and its body. */
  record Asked(String line, String body, String authorization) {}

  private record Answer(int status, String body) {}

  private final HttpServer server;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();

  ScriptedStore() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.start();
  }

  ScriptedStore answer(String line, int status, String body) {
    answers.put(line, new Answer(status, body));
    return this;
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  Queue<Asked> asked() {
    return asked;
  }

  private void handle(HttpExchange exchange) throws IOException {
    var line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    var token = exchange.getRequestHeaders().getFirst("Authorization");
    asked.add(new Asked(line, body, String.valueOf(token)));
    var answer = answers.getOrDefault(line, new Answer(404, "<html>Not Found</html>"));
    var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
