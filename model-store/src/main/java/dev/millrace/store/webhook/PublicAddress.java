package dev.millrace.store.webhook;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/**
 * Which addresses are on the public internet.
 *
 * <p>IPv4: all but the special blocks of IANA's registry. IPv6: only the range that is handed out
 * to the public, less its special blocks; an address that carries one of IPv4 inside counts as that
 * one, because a translator on the way may bring it there.
 */
final class PublicAddress {
  private static final List<Block> SPECIAL =
      blocks(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.0.0.0/24",
          "192.0.2.0/24",
          "192.88.99.0/24",
          "192.168.0.0/16",
          "198.18.0.0/15",
          "198.51.100.0/24",
          "203.0.113.0/24",
          // Multicast, and what is reserved above it.
          "224.0.0.0/3",
          // Protocols (Teredo among them), documentation.
          "2001::/23",
          "2001:db8::/32",
          "3fff::/20");
  private static final int IPV4_BYTES = 4;
  private static final Block UNICAST = Block.of("2000::/3");
  private static final Block SIX_TO_FOUR = Block.of("2002::/16");
  private static final Block NAT64 = Block.of("64:ff9b::/96");

  private PublicAddress() {}

  static boolean isPublic(InetAddress address) {
    return isPublic(address.getAddress());
  }

  private static boolean isPublic(byte[] bytes) {
    if (SIX_TO_FOUR.contains(bytes)) {
      return isPublic(Arrays.copyOfRange(bytes, 2, 6));
    }
    if (NAT64.contains(bytes)) {
      return isPublic(Arrays.copyOfRange(bytes, 12, 16));
    }
    return (bytes.length == IPV4_BYTES || UNICAST.contains(bytes))
        && SPECIAL.stream().noneMatch(block -> block.contains(bytes));
  }

  private static List<Block> blocks(String... texts) {
    return Arrays.stream(texts).map(Block::of).toList();
  }

  /** The addresses that begin with these bits. */
  private static final class Block {
    private final byte[] prefix;
    private final int bits;

    private Block(byte[] prefix, int bits) {
      this.prefix = prefix;
      this.bits = bits;
    }

    static Block of(String text) {
      var slash = text.indexOf('/');
      return new Block(
          InetAddress.ofLiteral(text.substring(0, slash)).getAddress(),
          Integer.parseInt(text.substring(slash + 1)));
    }

    boolean contains(byte[] address) {
      if (address.length != prefix.length) {
        return false;
      }
      var whole = bits / Byte.SIZE;
      var mask = 0xFF << (Byte.SIZE - bits % Byte.SIZE) & 0xFF;
      return Arrays.equals(address, 0, whole, prefix, 0, whole)
          && (mask == 0 || ((address[whole] ^ prefix[whole]) & mask) == 0);
    }
  }
}
