package nokv.raftstore.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import nokv.api.CorruptException;
import nokv.api.TooNewException;
import nokv.raftstore.raft.Configuration;
import nokv.raftstore.raft.Entry;
import nokv.raftstore.raft.IdSet;
import nokv.raftstore.raft.Message;
import nokv.raftstore.raft.Snapshot;
import org.junit.jupiter.api.Test;

/** Goal: every raft message comes out as it went in; whatever else comes in is refused with a typed error and without much memory. Seeds are printed in failures. */
class MessageCodecTest {
  private static final long SEED = Long.getLong("nokv.seed", System.nanoTime());

  @Test void everyMessageComesOutAsItWentIn() {
    var random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      var message = message(random, i % 10);
      assertSame(message, MessageCodec.decode(MessageCodec.encode(message)), "seed " + SEED);
    }
  }

  @Test void damageIsNoticedWhereverItIs() {
    var random = new Random(SEED);
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = MessageCodec.encode(message(random, i % 10)).toByteArray();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      assertThrows(CorruptException.class, () -> MessageCodec.decode(ByteString.copyFrom(bytes)), "seed " + SEED);
    }
  }

  /** The checksum is made right again, so that the checks behind it have to hold by themselves. */
  @Test void hostileBytesAreRefusedOrAreAMessage() {
    var random = new Random(SEED);
    int refused = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = MessageCodec.encode(message(random, i % 10)).toByteArray();
      if (random.nextInt(4) == 0) bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 8));
      for (int n = random.nextInt(4); n >= 0 && bytes.length > MessageCodec.VERSION_OFFSET; n--) {
        int at = MessageCodec.VERSION_OFFSET + random.nextInt(bytes.length - MessageCodec.VERSION_OFFSET);
        bytes[at] = (byte) (random.nextBoolean() ? 0xff : random.nextInt());
      }
      try {
        MessageCodec.decode(ByteString.copyFrom(sealed(bytes)));
      } catch (CorruptException | TooNewException e) {
        refused++;
      }
    }
    assertTrue(refused > 10_000, "only " + refused + " refused, seed " + SEED);
  }

  @Test void aLengthIsBelievedOnlyAsFarAsThereAreBytes() {
    byte[] bytes = MessageCodec.encode(new Message.Append(1, 2, 3, 4, 3, List.of(new Entry(3, 5, Entry.Kind.DATA, new byte[10])), 4)).toByteArray();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(MessageCodec.BODY_OFFSET + 24, Integer.MAX_VALUE);
    var refusal = assertThrows(CorruptException.class, () -> MessageCodec.decode(ByteString.copyFrom(sealed(bytes))));
    assertEquals("append of 2147483647 entries in 23 bytes", refusal.getMessage());
  }

  @Test void aLaterVersionIsToldApart() {
    byte[] bytes = MessageCodec.encode(new Message.TimeoutNow(1, 2, 3)).toByteArray();
    bytes[MessageCodec.VERSION_OFFSET] = 2;
    assertThrows(TooNewException.class, () -> MessageCodec.decode(ByteString.copyFrom(sealed(bytes))));
  }

  @Test void messagesToOneselfAreNotSent() {
    assertThrows(IllegalArgumentException.class, () -> MessageCodec.encode(new Message.Applied(1, List.of())));
    assertThrows(IllegalArgumentException.class, () -> MessageCodec.encode(new Message.Stored(1, 1, 1, 1, null)));
  }

  @Test void theExampleOfTheFormatPageIsTrue() throws Exception {
    var hex = new StringBuilder();
    for (String line : java.nio.file.Files.readAllLines(java.nio.file.Path.of("../docs/formats/raft-message.md"))) {
      if (line.matches("00[0-9a-f]{2}  .*")) hex.append(line, 6, Math.min(line.length(), 54));
    }
    byte[] page = HexFormat.of().parseHex(hex.toString().replace(" ", ""));
    assertEquals(HexFormat.ofDelimiter(" ").formatHex(MessageCodec.encode(new Message.AppendResponse(2, 1, 5, 7, false, 0, 0)).toByteArray()), HexFormat.ofDelimiter(" ").formatHex(page));
  }

  private static byte[] sealed(byte[] bytes) {
    if (bytes.length < MessageCodec.VERSION_OFFSET) return bytes;
    var crc = new CRC32C();
    crc.update(bytes, MessageCodec.VERSION_OFFSET, bytes.length - MessageCodec.VERSION_OFFSET);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(0, (int) crc.getValue());
    return bytes;
  }

  private static void assertSame(Message expected, Message actual, String why) {
    switch (expected) {
      case Message.Append e when actual instanceof Message.Append a -> {
        assertEquals(new Message.Append(e.from(), e.to(), e.term(), e.previousIndex(), e.previousTerm(), List.of(), e.commit()),
            new Message.Append(a.from(), a.to(), a.term(), a.previousIndex(), a.previousTerm(), List.of(), a.commit()), why);
        assertEquals(e.entries().size(), a.entries().size(), why);
        for (int i = 0; i < e.entries().size(); i++) {
          assertEquals(e.entries().get(i).index(), a.entries().get(i).index(), why);
          assertEquals(e.entries().get(i).term(), a.entries().get(i).term(), why);
          assertEquals(e.entries().get(i).kind(), a.entries().get(i).kind(), why);
          assertArrayEquals(e.entries().get(i).data(), a.entries().get(i).data(), why);
        }
      }
      case Message.InstallSnapshot e when actual instanceof Message.InstallSnapshot a -> {
        assertEquals(List.of(e.from(), e.to(), e.term(), e.snapshot().index(), e.snapshot().term(), e.snapshot().configuration()),
            List.of(a.from(), a.to(), a.term(), a.snapshot().index(), a.snapshot().term(), a.snapshot().configuration()), why);
        assertArrayEquals(e.snapshot().data(), a.snapshot().data(), why);
      }
      default -> assertEquals(expected, actual, why);
    }
  }

  private static Message message(Random random, int kind) {
    long from = random.nextLong();
    long to = random.nextLong();
    long term = random.nextLong();
    return switch (kind) {
      case 0 -> {
        long previous = random.nextInt();
        var entries = new ArrayList<Entry>();
        for (int n = random.nextInt(5), i = 1; i <= n; i++) entries.add(new Entry(random.nextLong(), previous + i, Entry.Kind.values()[random.nextInt(2)], data(random)));
        yield new Message.Append(from, to, term, previous, random.nextLong(), entries, random.nextLong());
      }
      case 1 -> new Message.AppendResponse(from, to, term, random.nextLong(), random.nextBoolean(), random.nextLong(), random.nextLong());
      case 2 -> new Message.Heartbeat(from, to, term, random.nextLong(), random.nextLong());
      case 3 -> new Message.HeartbeatResponse(from, to, term, random.nextLong());
      case 4 -> new Message.VoteRequest(from, to, term, random.nextBoolean(), random.nextLong(), random.nextLong(), random.nextBoolean());
      case 5 -> new Message.VoteResponse(from, to, term, random.nextBoolean(), random.nextBoolean());
      case 6 -> new Message.InstallSnapshot(from, to, term, new Snapshot(random.nextLong(), random.nextLong(),
          new Configuration(ids(random), ids(random), ids(random), ids(random), random.nextBoolean()), data(random)));
      case 7 -> new Message.TimeoutNow(from, to, term);
      case 8 -> new Message.ReadIndex(from, to, random.nextLong());
      default -> new Message.ReadIndexResponse(from, to, term, random.nextLong(), random.nextLong());
    };
  }

  private static IdSet ids(Random random) {
    return IdSet.of(random.longs(random.nextInt(4)).toArray());
  }

  private static byte[] data(Random random) {
    byte[] data = new byte[random.nextInt(40)];
    random.nextBytes(data);
    return data;
  }
}
