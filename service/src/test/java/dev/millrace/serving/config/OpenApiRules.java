package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What OpenAPI 3.1 asks of a document, as far as ours go; references must lead somewhere. */
final class OpenApiRules {
  private static final Set<String> METHODS =
      Set.of("get", "put", "post", "delete", "options", "head", "patch", "trace");
  private static final Set<String> TYPES =
      Set.of("null", "boolean", "object", "array", "number", "string", "integer");
  private static final Pattern TEMPLATE = Pattern.compile("\\{([^}]+)}");

  /** The fields that each kind of object may have, and with a star must. */
  private static final Map<String, Set<String>> FIELDS =
      Map.of(
          "document", Set.of("*openapi", "*info", "*paths", "tags", "components", "servers"),
          "info", Set.of("*title", "*version", "summary", "description", "license", "contact"),
          "operation",
              Set.of(
                  "*responses",
                  "*operationId",
                  "*summary",
                  "*tags",
                  "description",
                  "parameters",
                  "requestBody",
                  "deprecated"),
          "parameter", Set.of("*name", "*in", "*schema", "required", "description", "example"),
          "body", Set.of("*content", "required", "description"),
          "response", Set.of("*description", "headers", "content"),
          "media", Set.of("*schema", "example", "examples"),
          "header", Set.of("*schema", "description", "required"));

  private final JsonNode document;
  private final Set<String> operations = new HashSet<>();
  private final List<String> tags = new ArrayList<>();

  private OpenApiRules(JsonNode document) {
    this.document = document;
  }

  static void check(JsonNode document) {
    new OpenApiRules(document).check();
  }

  /** What an object is that may be a reference. */
  static JsonNode resolved(JsonNode document, JsonNode node) {
    var reference = node.path("$ref").asString("");
    if (reference.isEmpty()) {
      return node;
    }
    assertThat(reference).startsWith("#/");
    var found = document.at(reference.substring(1));
    assertThat(found.isMissingNode()).as(reference).isFalse();
    return found;
  }

  private void check() {
    fields("document", document, "document");
    fields("info", document.path("info"), "info");
    assertThat(document.path("openapi").asString()).matches("3\\.1\\.\\d+");
    document.path("tags").forEach(tag -> tags.add(tag.path("name").asString()));
    assertThat(tags).doesNotHaveDuplicates();
    document.path("paths").properties().forEach(entry -> path(entry.getKey(), entry.getValue()));
    var components = document.path("components");
    components.path("schemas").properties().forEach(e -> schema(e.getKey(), e.getValue()));
    components.path("responses").properties().forEach(e -> response(e.getKey(), e.getValue()));
    components.path("parameters").properties().forEach(e -> parameter(e.getKey(), e.getValue()));
    references(document);
  }

  private void path(String path, JsonNode item) {
    assertThat(path).startsWith("/");
    for (var entry : item.properties()) {
      var method = entry.getKey();
      if (!method.equals("parameters")) {
        assertThat(METHODS).as(path).contains(method);
        operation(method + " " + path, path, item.path("parameters"), entry.getValue());
      }
    }
  }

  private void operation(String where, String path, JsonNode shared, JsonNode operation) {
    fields("operation", operation, where);
    assertThat(operations.add(operation.path("operationId").asString())).as(where).isTrue();
    operation.path("tags").forEach(tag -> assertThat(tags).as(where).contains(tag.asString()));
    var inPath = new ArrayList<String>();
    for (var parameters : List.of(shared, operation.path("parameters"))) {
      for (var parameter : parameters) {
        var meant = resolved(document, parameter);
        parameter(where, meant);
        if (meant.path("in").asString().equals("path")) {
          inPath.add(meant.path("name").asString());
        }
      }
    }
    var wanted = TEMPLATE.matcher(path).results().map(match -> match.group(1)).toList();
    assertThat(inPath).as(where).containsExactlyInAnyOrderElementsOf(wanted);
    if (operation.has("requestBody")) {
      fields("body", operation.path("requestBody"), where);
      content(where, operation.path("requestBody").path("content"));
    }
    assertThat(operation.path("responses")).as(where).isNotEmpty();
    operation
        .path("responses")
        .properties()
        .forEach(e -> response(where, e.getKey(), e.getValue()));
  }

  private void response(String where, String status, JsonNode response) {
    assertThat(status).as(where).matches("[1-5](\\d\\d|XX)|default");
    response(where + " " + status, resolved(document, response));
  }

  private void response(String where, JsonNode response) {
    fields("response", response, where);
    content(where, response.path("content"));
    response.path("headers").forEach(header -> fields("header", header, where));
  }

  private void content(String where, JsonNode content) {
    for (var entry : content.properties()) {
      assertThat(entry.getKey()).as(where).matches("[a-z]+/[a-z0-9.+*-]+");
      fields("media", entry.getValue(), where + " " + entry.getKey());
      schema(where, entry.getValue().path("schema"));
    }
  }

  private void parameter(String where, JsonNode parameter) {
    fields("parameter", parameter, where);
    assertThat(parameter.path("in").asString()).as(where).isIn("path", "query", "header", "cookie");
    boolean inPath = parameter.path("in").asString().equals("path");
    assertThat(parameter.path("required").asBoolean(false)).as(where).isEqualTo(inPath);
    schema(where, parameter.path("schema"));
  }

  private void schema(String where, JsonNode schema) {
    var type = schema.path("type");
    var types = type.isArray() ? type : List.of(type);
    for (var one : types) {
      if (!one.isMissingNode()) {
        assertThat(TYPES).as(where).contains(one.asString());
      }
    }
    var properties = schema.path("properties");
    properties.properties().forEach(e -> schema(where + "." + e.getKey(), e.getValue()));
    if (schema.has("items")) {
      schema(where + "[]", schema.path("items"));
    }
    if (!properties.isMissingNode()) {
      for (var required : schema.path("required")) {
        assertThat(properties.has(required.asString())).as(where + " " + required).isTrue();
      }
    }
  }

  private void references(JsonNode node) {
    resolved(document, node);
    node.forEach(this::references);
  }

  private static void fields(String kind, JsonNode node, String where) {
    assertThat(node.isObject()).as(kind + " " + where).isTrue();
    var known = FIELDS.getOrDefault(kind, Set.of());
    for (var name : node.propertyNames()) {
      assertThat(known.contains(name) || known.contains("*" + name))
          .as("%s %s: %s", kind, where, name)
          .isTrue();
    }
    for (var name : known) {
      if (name.startsWith("*")) {
        assertThat(node.has(name.substring(1))).as("%s %s: %s", kind, where, name).isTrue();
      }
    }
  }
}
