package dev.millrace.store.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.edge.SignedLinks.Verdict;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.mock.web.MockHttpServletRequest;

class SignedLinksTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_000);

  private final Path home;
  private final SignedLinks links;

  SignedLinksTest(@TempDir Path home) throws IOException {
    this.home = home;
    this.links = at(NOW);
  }

  @Test
  void allowsOneMethodOnOnePathForAWhile() throws IOException {
    var link = link("PUT", "/api/größe 100%;a=b.txt");
    assertThat(link.getRawPath()).isEqualTo("/api/gr%C3%B6%C3%9Fe%20100%25;a=b.txt");
    assertThat(verdict(links, "PUT", link)).isEqualTo(Verdict.VALID);
    assertThat(verdict(links, "GET", link)).isEqualTo(Verdict.REFUSED);
    assertThat(links.verdict("PUT", "/api/other", link.getRawQuery())).isEqualTo(Verdict.REFUSED);
    assertThat(verdict(at(NOW.plusSeconds(59)), "PUT", link)).isEqualTo(Verdict.VALID);
    assertThat(verdict(at(NOW.plusSeconds(60)), "PUT", link)).isEqualTo(Verdict.REFUSED);
  }

  @Test
  void aLinkToFetchAllowsToAskForTheHeaders() throws IOException {
    assertThat(verdict(links, "HEAD", link("GET", "/x"))).isEqualTo(Verdict.VALID);
  }

  @Test
  void aClientMayEncodeMoreOrLess() throws IOException {
    var query = link("GET", "/a~b c").getRawQuery();
    assertThat(links.verdict("GET", "/%61%7Eb%20c", query)).isEqualTo(Verdict.VALID);
    assertThat(links.verdict("GET", "/a%257Eb%20c", query)).isEqualTo(Verdict.REFUSED);
  }

  @Test
  void refusesALongerTimeAndAnotherSignature() throws IOException {
    var query = link("GET", "/x").getRawQuery();
    assertThat(links.verdict("GET", "/x", query.replace("1060", "9060")))
        .isEqualTo(Verdict.REFUSED);
    assertThat(links.verdict("GET", "/x", query.substring(0, query.length() - 1) + "_"))
        .isEqualTo(Verdict.REFUSED);
    assertThat(links.verdict("GET", "/x", query + "&a=b")).isEqualTo(Verdict.REFUSED);
    assertThat(links.verdict("GET", "/x", "a=b")).isEqualTo(Verdict.UNSIGNED);
    assertThat(links.verdict("GET", "/x", null)).isEqualTo(Verdict.UNSIGNED);
  }

  @Test
  void anotherStoreHasAnotherKey(@TempDir Path other) throws IOException {
    var link = link("GET", "/x");
    var stranger = new SignedLinks(other, Clock.fixed(NOW, ZoneOffset.UTC));
    assertThat(verdict(stranger, "GET", link)).isEqualTo(Verdict.REFUSED);
  }

  @Test
  void leadsToWhereTheProxySaysItIs() {
    var request = request();
    request.addHeader("X-Forwarded-Proto", "https");
    request.addHeader("X-Forwarded-Host", "models.example.org");
    request.addHeader("X-Forwarded-Prefix", "/store");
    assertThat(links.to("GET", "/x", Duration.ofMinutes(1), request))
        .startsWith("https://models.example.org/store/x?millrace-expires=1060&");
    assertThat(links.to("GET", "/x", Duration.ofMinutes(1), request()))
        .startsWith("http://127.0.0.1:5000/x?");
  }

  private URI link(String method, String path) {
    return URI.create(links.to(method, path, Duration.ofMinutes(1), request()));
  }

  private SignedLinks at(Instant now) throws IOException {
    return new SignedLinks(home, Clock.fixed(now, ZoneOffset.UTC));
  }

  private static MockHttpServletRequest request() {
    var request = new MockHttpServletRequest();
    request.addHeader("Host", "127.0.0.1:5000");
    return request;
  }

  private static Verdict verdict(SignedLinks links, String method, URI link) {
    return links.verdict(method, link.getRawPath(), link.getRawQuery());
  }
}
