package dev.millrace.serving.api.image;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** A file format that is decoded, recognised by its first bytes and never by a name or a header. */
enum PictureFormat {
  PNG("png", "89504e470d0a1a0a"),
  JPEG("jpeg", "ffd8ff");

  private final String readerName;
  private final String magicHex;

  PictureFormat(String readerName, String magicHex) {
    this.readerName = readerName;
    this.magicHex = magicHex;
  }

  static Optional<PictureFormat> of(byte[] file) {
    return Arrays.stream(values()).filter(format -> format.begins(file)).findFirst();
  }

  /** As ImageIO calls it. */
  String readerName() {
    return readerName;
  }

  private boolean begins(byte[] file) {
    int length = Math.min(file.length, magicHex.length() / 2);
    return HexFormat.of().formatHex(file, 0, length).equals(magicHex);
  }
}
