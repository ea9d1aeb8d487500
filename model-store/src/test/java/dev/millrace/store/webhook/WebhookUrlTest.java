package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookUrlTest {
  private static final Set<String> BOTH = Set.of("http", "https");

  @ParameterizedTest
  @CsvSource({
    "https://a.example,            https, a.example,   443,  /,                a.example",
    "HTTP://a.example:80/x?y=z#f,  http,  a.example,   80,   /x?y=z,           a.example",
    "http://my_service:8000/a%20b, http,  my_service,  8000, /a%20b,           my_service:8000",
    "https://[2a00::1]:8443/,      https, 2a00::1,     8443, /,                [2a00::1]:8443",
    "https://bücher.example/ü?ü=ü, https, xn--bcher-kva.example, 443, /%C3%BC?%C3%BC=%C3%BC, xn--bcher-kva.example",
    "https://u:p%40w@a.example:/,  https, a.example,   443,  /,                a.example",
  })
  void readsUrls(String text, String scheme, String host, int port, String target, String header) {
    var url = WebhookUrl.parse(text, BOTH);
    assertThat(url.scheme()).isEqualTo(scheme);
    assertThat(url.host()).isEqualTo(host);
    assertThat(url.port()).isEqualTo(port);
    assertThat(url.target()).isEqualTo(target);
    assertThat(url.hostAndPort()).isEqualTo(header);
  }

  @Test
  void keepsUserAndPassword() {
    assertThat(WebhookUrl.parse("https://u:p%40w@a.example/", BOTH).userInfo())
        .isEqualTo("u:p%40w");
    assertThat(WebhookUrl.parse("https://a.example/@", BOTH).userInfo()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://a b/",
        "https://a.example/x y",
        "https://a.example\r\nX: y/",
        "https://[fe80::1%25eth0]/",
        "https://a@b@c.example/",
        "https://a.example:0/",
        "https://a.example:x/",
        "https://a.example:123456/",
        "https:a.example",
        "https:/a.example"
      })
  void refusesWhatReadersUnderstandDifferently(String text) {
    assertThatThrownBy(() -> WebhookUrl.parse(text, BOTH))
        .hasMessageMatching("(?s)(Invalid webhook URL|Webhook URL must include a hostname).*");
  }
}
