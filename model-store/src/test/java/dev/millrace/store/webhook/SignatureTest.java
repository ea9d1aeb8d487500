package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SignatureTest {
  @Test
  void isWhatPythonsHmacMakesOfTheSame() {
    assertThat(Signature.of("test-secret-key", "id", "1700000000", "{\"ü\": 1}"))
        .isEqualTo("v1,Ql4C6NdqBX6c7Ar5qJK9YJkK9hYfeTFowEsMU8fb80A=");
  }
}
