package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DumpTest {
  private static final String[] VALUES = {"SET key some-text", "RPUSH key a 12 -3 70000 long-long-long-item", "SADD key 1 2 x", "ZADD key 1.5 a -3 b inf c", "HSET key f v g 17",
      "XADD key 1-1 f v", "PFADD key a b c"};

  private static byte[] dump(RawClient client) throws IOException {
    String reply = client.call("DUMP key");
    return reply.substring(reply.indexOf('\n') + 1, reply.length() - 2).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String restore(RawClient client, byte[] payload) throws IOException {
    client.command(List.of("RESTORE".getBytes(StandardCharsets.ISO_8859_1), "key".getBytes(StandardCharsets.ISO_8859_1), "0".getBytes(StandardCharsets.ISO_8859_1), payload,
        "REPLACE".getBytes(StandardCharsets.ISO_8859_1)));
    return client.reply();
  }

  private static byte[] sealed(byte[] payload) {
    ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putLong(payload.length - Long.BYTES, Crc64.of(payload, payload.length - Long.BYTES));
    return payload;
  }

  @Test void everyTypeComesBackAsItWas() throws IOException {
    try (var served = Served.onMemory(); var client = served.client()) {
      for (String value : VALUES) {
        client.call("DEL key");
        client.call(value);
        client.call("XGROUP CREATE key g 0");
        client.call("XREADGROUP GROUP g c STREAMS key >");
        byte[] payload = dump(client);
        assertEquals("+OK\r\n", restore(client, payload), value);
        assertArrayEquals(payload, dump(client), value);
      }
    }
  }

  /** Goal: no payload harms the server. Method: change bytes of good ones, make the checksum right, and look whether each is taken or refused and what is there can be read. */
  @ParameterizedTest @ValueSource(longs = {1, 2, 3})
  void aDamagedPayloadIsRefusedOrIsAValue(long seed) throws IOException {
    var random = new Random(seed);
    try (var served = Served.onMemory(); var client = served.client()) {
      var payloads = new ArrayList<byte[]>();
      for (String value : VALUES) {
        client.call("DEL key");
        client.call(value);
        client.call("XGROUP CREATE key g 0");
        client.call("XREADGROUP GROUP g c STREAMS key >");
        payloads.add(dump(client));
      }
      for (int i = 0; i < 1000; i++) {
        byte[] payload = payloads.get(random.nextInt(payloads.size())).clone();
        for (int changes = random.nextInt(3); changes >= 0; changes--) payload[random.nextInt(payload.length - RdbWriter.FOOTER_BYTES)] = (byte) random.nextInt();
        String reply = restore(client, sealed(payload));
        assertTrue(reply.equals("+OK\r\n") || reply.equals("-ERR Bad data format\r\n"), "seed " + seed + ", round " + i + ": " + reply);
        if (reply.equals("+OK\r\n")) assertTrue(client.call("DUMP key").startsWith("$"), "seed " + seed + ", round " + i);
      }
    }
  }

  @Test void theChecksumIsThatOfRedis() {
    assertEquals(0xe9c6d914c4b8d9caL, Crc64.of("123456789".getBytes(StandardCharsets.ISO_8859_1), 9));
  }

  /** Goal: listpacks hold any bytes and every width of integer. Method: pack and unpack, from printed seeds. */
  @ParameterizedTest @ValueSource(longs = {4, 5})
  void listpacksGiveBackWhatWasPacked(long seed) {
    var random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      var items = new ArrayList<byte[]>();
      for (int i = random.nextInt(20); i >= 0; i--) {
        if (random.nextBoolean()) {
          items.add(Numbers.bytes(random.nextLong() >> random.nextInt(64)));
        } else {
          var bytes = new byte[random.nextInt(10) == 0 ? random.nextInt(20_000) : random.nextInt(100)];
          random.nextBytes(bytes);
          items.add(bytes);
        }
      }
      List<byte[]> unpacked = PackedLists.listpack(PackedLists.listpack(items));
      assertEquals(items.size(), unpacked.size());
      for (int i = 0; i < items.size(); i++) assertArrayEquals(items.get(i), unpacked.get(i), "seed " + seed + ", round " + round);
    }
  }
}
