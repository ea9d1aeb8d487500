package dev.millrace.protocol.mlflow;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One request and its answer; everything that goes wrong leaves as {@link MlflowException}. */
final class MlflowHttp {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(30);
  // A gigabyte at 2 MB a second.
  private static final Duration TRANSFER_LIMIT = Duration.ofMinutes(10);

  private final HttpClient client =
      HttpClient.newBuilder()
          // A plain-text upgrade to HTTP/2 confuses some servers of MLflow.
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_LIMIT)
          .build();
  private final JsonMapper json = MlflowJson.mapper();
  private final String store;
  private final @Nullable String token;

  MlflowHttp(URI store, @Nullable String token) {
    this.store = store.toString().replaceAll("/+$", "");
    this.token = token;
  }

  JsonNode get(String path, Map<String, String> query) {
    return call("GET", path + queryString(query), BodyPublishers.noBody(), CALL_LIMIT);
  }

  /** A call that the store answers only after some time. */
  JsonNode getAfter(Duration wait, String path, Map<String, String> query) {
    return call("GET", path + queryString(query), BodyPublishers.noBody(), CALL_LIMIT.plus(wait));
  }

  JsonNode send(String method, String path, Map<String, ?> body) {
    return call(method, path, BodyPublishers.ofString(json.writeValueAsString(body)), CALL_LIMIT);
  }

  void upload(String path, Path file) throws IOException {
    var request = request("PUT", path, BodyPublishers.ofFile(file));
    checked(request, await(request, BodyHandlers.ofString(), TRANSFER_LIMIT));
  }

  /** Streams an answer into a file; after a failure the file may be there in part. */
  void download(String path, Path file) {
    var request = request("GET", path, BodyPublishers.noBody());
    var answer = await(request, info -> bodyInto(file, info), TRANSFER_LIMIT);
    if (answer.statusCode() != 200) {
      throw refusal(request, answer.statusCode(), answer.body());
    }
  }

  <T> T read(JsonNode answer, String field, Class<T> type) {
    try {
      if (answer.hasNonNull(field)) {
        return json.treeToValue(answer.path(field), type);
      }
    } catch (JacksonException e) {
      throw badAnswer("'" + field + "' that is no " + type.getSimpleName(), e);
    }
    throw badAnswer("no field '" + field + "'", null);
  }

  /** The whole answer. */
  <T> T read(JsonNode answer, Class<T> type) {
    try {
      return json.treeToValue(answer, type);
    } catch (JacksonException e) {
      throw badAnswer("JSON that is no " + type.getSimpleName(), e);
    }
  }

  private static HttpResponse.BodySubscriber<String> bodyInto(
      Path file, HttpResponse.ResponseInfo info) {
    if (info.statusCode() == 200) {
      return HttpResponse.BodySubscribers.mapping(
          HttpResponse.BodySubscribers.ofFile(file), _ -> "");
    }
    return HttpResponse.BodySubscribers.ofString(StandardCharsets.UTF_8);
  }

  private JsonNode call(String method, String path, BodyPublisher body, Duration limit) {
    var request = request(method, path, body);
    var text = checked(request, await(request, BodyHandlers.ofString(), limit));
    try {
      return json.readTree(text);
    } catch (JacksonException e) {
      throw badAnswer("text that is no JSON to " + method + " " + path, e);
    }
  }

  private HttpRequest request(String method, String path, BodyPublisher body) {
    var request = HttpRequest.newBuilder(URI.create(store + path)).method(method, body);
    if (!method.equals("GET") && !method.equals("PUT")) {
      request.header("Content-Type", "application/json");
    }
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return request.build();
  }

  private <T> HttpResponse<T> await(
      HttpRequest request, HttpResponse.BodyHandler<T> handler, Duration limit) {
    var answer = client.sendAsync(request, handler);
    try {
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw unreachable(String.valueOf(e.getCause()), e);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw unreachable("no answer to " + request.uri() + " within " + limit, e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw unreachable("interrupted while waiting for " + request.uri(), e);
    }
  }

  private String checked(HttpRequest request, HttpResponse<String> answer) {
    if (answer.statusCode() / 100 != 2) {
      throw refusal(request, answer.statusCode(), answer.body());
    }
    return answer.body();
  }

  private MlflowException refusal(HttpRequest request, int status, String body) {
    try {
      var node = json.readTree(body);
      if (node.has("error_code")) {
        var code = node.path("error_code").asString();
        return new MlflowException(status, code, node.path("message").asString(""), null);
      }
    } catch (JacksonException _) {
      // MLflow answers an unknown route with a page of HTML.
    }
    var code =
        switch (status) {
          case 401 -> "UNAUTHENTICATED";
          case 403 -> "PERMISSION_DENIED";
          case 404 -> "ENDPOINT_NOT_FOUND";
          default -> "HTTP_" + status;
        };
    var what = request.method() + " " + request.uri() + " was answered with status " + status;
    return new MlflowException(status, code, what + ". Is this an MLflow server?", null);
  }

  private MlflowException unreachable(String why, Exception cause) {
    var message =
        "The store at %s does not answer: %s. Start it with './millrace store', or set MILLRACE_STORE_URL to one that runs."
            .formatted(store, why);
    return new MlflowException(0, MlflowException.UNREACHABLE, message, cause);
  }

  private MlflowException badAnswer(String what, @Nullable Exception cause) {
    var message = "The store at %s answered %s. Is this an MLflow server?".formatted(store, what);
    return new MlflowException(0, MlflowException.BAD_ANSWER, message, cause);
  }

  static String queryString(Map<String, String> query) {
    return query.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + encoded(entry.getValue()))
        .collect(Collectors.joining("&", query.isEmpty() ? "" : "?", ""));
  }

  /** A path with every segment percent-encoded and its slashes kept. */
  static String encodedPath(String path) {
    return encoded(path).replace("%2F", "/");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
