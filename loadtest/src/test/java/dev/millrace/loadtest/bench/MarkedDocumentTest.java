package dev.millrace.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class MarkedDocumentTest {
  @Test
  void replacesOnlyWhatLiesBetweenTheMarkers() {
    var document = "Before\n<!-- bench:speed -->\nold\n<!-- /bench:speed -->\nAfter\n";
    assertThat(MarkedDocument.replace(document, "speed", "new\n"))
        .isEqualTo("Before\n<!-- bench:speed -->\nnew\n<!-- /bench:speed -->\nAfter\n");
  }

  @Test
  void anEmptyDocumentHasRoomForEveryPart() {
    var document = MarkedDocument.empty(List.of(Part.values()));
    for (var part : Part.values()) {
      assertThat(MarkedDocument.replace(document, part.label(), "figures")).contains("figures");
    }
  }

  @Test
  void aDocumentWithoutTheMarkersIsRefused() {
    assertThatThrownBy(() -> MarkedDocument.replace("text", "speed", "new"))
        .hasMessage(
            "The document has no section 'speed': it needs a line '<!-- bench:speed -->' and after"
                + " it a line '<!-- /bench:speed -->'.");
  }
}
