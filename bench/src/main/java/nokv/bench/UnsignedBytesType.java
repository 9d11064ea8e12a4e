package nokv.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** Byte arrays that MVStore can order, which its own type for them cannot. */
final class UnsignedBytesType extends BasicDataType<byte[]> {
  @Override public int compare(byte[] a, byte[] b) {
    return Arrays.compareUnsigned(a, b);
  }

  @Override public int getMemory(byte[] bytes) {
    return bytes.length + 24;
  }

  @Override public void write(WriteBuffer buffer, byte[] bytes) {
    buffer.putVarInt(bytes.length).put(bytes);
  }

  @Override public byte[] read(ByteBuffer buffer) {
    byte[] bytes = new byte[DataUtils.readVarInt(buffer)];
    buffer.get(bytes);
    return bytes;
  }

  @Override public byte[][] createStorage(int size) {
    return new byte[size][];
  }
}
