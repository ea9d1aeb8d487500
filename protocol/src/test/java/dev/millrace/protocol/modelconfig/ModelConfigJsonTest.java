package dev.millrace.protocol.modelconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.oip.ModelConfig;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ModelConfigJsonTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static final String TEXT =
      """
      name: "m"
      input { name: "x" data_type: TYPE_FP32 dims: [ -1, 9007199254740993 ] reshape { } }
      dynamic_batching {
        max_queue_delay_microseconds: 18446744073709551615
        priority_queue_policy { key: 1 value { timeout_action: DELAY max_queue_size: 4294967295 } }
      }
      parameters { key: "a" value { string_value: "b" } }
      model_warmup { inputs { key: "x" value { zero_data: true } } }
      """;

  private static ModelConfig config() throws IOException {
    return ModelConfigText.parse("file", TEXT).config();
  }

  private static JsonNode written() throws IOException {
    return JSON.readTree(JSON.writeValueAsString(ModelConfigJson.tree(config())));
  }

  @Test
  void writesNumbersOf64BitsAsNumbers() throws IOException {
    var config = written();
    assertThat(config.at("/input/0/dims").toString()).isEqualTo("[-1,9007199254740993]");
    assertThat(config.at("/dynamic_batching/max_queue_delay_microseconds").toString())
        .isEqualTo("18446744073709551615");
    assertThat(config.at("/dynamic_batching/priority_queue_policy/1").toString())
        .isEqualTo(
            "{\"timeout_action\":\"DELAY\",\"default_timeout_microseconds\":0,\"allow_timeout_override\":false,\"max_queue_size\":4294967295}");
  }

  @Test
  void writesPlainFieldsAlsoWhereTheyAreNotSetAndNoOthers() throws IOException {
    var config = written();
    assertThat(config.path("platform").toString()).isEqualTo("\"\"");
    assertThat(config.path("max_batch_size").toString()).isEqualTo("0");
    assertThat(config.path("output").toString()).isEqualTo("[]");
    assertThat(config.path("metric_tags").toString()).isEqualTo("{}");
    assertThat(config.path("parameters").toString()).isEqualTo("{\"a\":{\"string_value\":\"b\"}}");
    assertThat(config.at("/input/0/format").toString()).isEqualTo("\"FORMAT_NONE\"");
    assertThat(config.at("/input/0/reshape").toString()).isEqualTo("{\"shape\":[]}");
    assertThat(config.at("/model_warmup/0/inputs/x").toString())
        .isEqualTo("{\"data_type\":\"TYPE_INVALID\",\"dims\":[],\"zero_data\":true}");
    for (var absent : List.of("optimization", "sequence_batching", "version_policy")) {
      assertThat(config.has(absent)).isFalse();
    }
  }

  @Test
  void readsWhatItWrites() throws IOException {
    assertThat(ModelConfigJson.parse("sent", written().toString()).config()).isEqualTo(config());
  }

  @Test
  void bothFormsRefuseNestingWithoutEnd() {
    var text = "sequence_batching { ".repeat(200);
    assertThatThrownBy(() -> ModelConfigText.parse("file", text)).isInstanceOf(IOException.class);
    var json = "{\"sequence_batching\":".repeat(200);
    assertThatThrownBy(() -> ModelConfigJson.parse("sent", json)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ModelConfigJson.parse("sent", "[".repeat(100_000)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void namesThePlaceOfAFieldThatIsNotSetByTheOneAroundIt() throws IOException {
    var source = ModelConfigText.parse("file", TEXT);
    assertThat(source.refusal("input[0].dims", "no"))
        .hasMessage("file, line 2, column 40, field 'input[0].dims': no");
    assertThat(source.refusal("dynamic_batching.priority_levels", "no"))
        .hasMessage("file, line 3, column 1, field 'dynamic_batching.priority_levels': no");
    assertThat(source.refusal("platform", "no")).hasMessage("file, field 'platform': no");
  }
}
