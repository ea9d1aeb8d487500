package dev.millrace.store.webhook;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts the secrets of webhooks for the database: AES-GCM with a nonce for each, bound to the
 * webhook, so that a secret copied into the row of another cannot be opened there.
 */
final class SecretBox {
  private static final String FORMAT = "1:";
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final SecretKey key;
  private final SecureRandom random = new SecureRandom();

  SecretBox(SecretKey key) {
    this.key = key;
  }

  String seal(String webhookId, String secret) {
    var nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      var encrypted =
          cipher(Cipher.ENCRYPT_MODE, nonce, webhookId)
              .doFinal(secret.getBytes(StandardCharsets.UTF_8));
      var all = ByteBuffer.allocate(nonce.length + encrypted.length).put(nonce).put(encrypted);
      return FORMAT + Base64.getEncoder().encodeToString(all.array());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("A secret could not be encrypted", e);
    }
  }

  /** The secret, or nothing when it was sealed with another key or for another webhook. */
  Optional<String> open(String webhookId, String sealed) {
    var all = decoded(sealed);
    if (all.length < NONCE_BYTES) {
      return Optional.empty();
    }
    try {
      var secret =
          cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(all, NONCE_BYTES), webhookId)
              .doFinal(all, NONCE_BYTES, all.length - NONCE_BYTES);
      return Optional.of(new String(secret, StandardCharsets.UTF_8));
    } catch (AEADBadTagException _) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("A secret could not be decrypted", e);
    }
  }

  private static byte[] decoded(String sealed) {
    try {
      return sealed.startsWith(FORMAT)
          ? Base64.getDecoder().decode(sealed.substring(FORMAT.length()))
          : new byte[0];
    } catch (IllegalArgumentException _) {
      return new byte[0];
    }
  }

  private Cipher cipher(int mode, byte[] nonce, String webhookId) throws GeneralSecurityException {
    var cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, new SecretKeySpec(key.bytes(), "AES"), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(webhookId.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }
}
