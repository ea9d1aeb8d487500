package dev.millrace.serving.api.docs;

import dev.millrace.serving.api.edge.ServerDescription;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Puts the document together from its parts, {@code openapi/*.yaml}, one for each protocol. */
final class ApiDocument {
  private static final String PARTS = "classpath*:/openapi/*.yaml";
  private static final YAMLMapper YAML = YAMLMapper.builder().build();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ApiDocument() {}

  /** As UTF-8. Reads files; throws where two parts describe the same thing. */
  static byte[] json() throws IOException {
    var parts = new PathMatchingResourcePatternResolver().getResources(PARTS);
    Arrays.sort(
        parts,
        Comparator.comparing(
            Resource::getFilename, Comparator.nullsLast(Comparator.naturalOrder())));
    var document = JSON.createObjectNode();
    for (var part : parts) {
      try (var stream = part.getInputStream()) {
        add(document, YAML.readTree(stream), String.valueOf(part.getFilename()));
      }
    }
    if (document.path("info") instanceof ObjectNode info) {
      info.put("version", ServerDescription.VERSION);
    }
    return JSON.writeValueAsBytes(document);
  }

  private static void add(ObjectNode whole, JsonNode part, String where) {
    for (var entry : part.properties()) {
      var name = entry.getKey();
      var value = entry.getValue();
      switch (whole.get(name)) {
        case null -> whole.set(name, value);
        case ObjectNode known when value.isObject() -> add(known, value, where + " " + name);
        case ArrayNode known when value instanceof ArrayNode more -> known.addAll(more);
        default ->
            throw new IllegalStateException(
                "%s: '%s' is described in another file as well.".formatted(where, name));
      }
    }
  }
}
