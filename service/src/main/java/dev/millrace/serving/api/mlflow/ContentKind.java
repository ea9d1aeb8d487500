package dev.millrace.serving.api.mlflow;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a body is, as its Content-Type says. */
enum ContentKind {
  JSON,
  CSV,
  /** Neither, or in a charset other than UTF-8. */
  OTHER;

  /** Why a body of this type is not read; empty where it is. The texts begin as MLflow's. */
  static String refusal(@Nullable String contentType) {
    if (contentType == null) {
      return unsupported("none");
    }
    var parts = contentType.split(";", -1);
    for (int i = 1; i < parts.length; i++) {
      var refusal = refusalOfParameter(parts[i].strip());
      if (!refusal.isEmpty()) {
        return refusal;
      }
    }
    return mime(parts[0]) == OTHER ? unsupported(contentType) : "";
  }

  static ContentKind of(@Nullable String contentType) {
    return contentType == null || !refusal(contentType).isEmpty()
        ? OTHER
        : mime(contentType.split(";", -1)[0]);
  }

  private static String refusalOfParameter(String parameter) {
    if (parameter.isEmpty()) {
      return "";
    }
    int equals = parameter.indexOf('=');
    var name = equals < 0 ? parameter : parameter.substring(0, equals);
    if (!name.strip().equalsIgnoreCase("charset")) {
      return "Unrecognized content type parameters: %s. Send none but charset=utf-8."
          .formatted(name.strip());
    }
    var charset = parameter.substring(equals + 1).strip().replace("\"", "");
    return charset.equalsIgnoreCase("utf-8")
        ? ""
        : "The scoring server only supports UTF-8, not '%s'".formatted(charset);
  }

  private static ContentKind mime(String type) {
    return switch (type.strip().toLowerCase(Locale.ROOT)) {
      case "application/json" -> JSON;
      case "text/csv" -> CSV;
      default -> OTHER;
    };
  }

  private static String unsupported(String found) {
    return "This predictor only supports the following content types: Types: ['text/csv', 'application/json']. Got '%s'."
        .formatted(found);
  }
}
