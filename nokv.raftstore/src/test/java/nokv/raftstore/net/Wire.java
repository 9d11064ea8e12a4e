package nokv.raftstore.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A cable between two ports of this machine that a test cuts, blocks and closes half. Everything passes until then. */
final class Wire implements AutoCloseable {
  private final ServerSocket listening;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean blocked;
  private volatile boolean refusing;

  Wire(int target) throws IOException {
    this.target = target;
    listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  String address() {
    return "127.0.0.1:" + listening.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        var from = listening.accept();
        if (refusing) {
          reset(from);
          continue;
        }
        var to = new Socket();
        to.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        sockets.add(from);
        sockets.add(to);
        Thread.ofVirtual().start(() -> copy(from, to));
        Thread.ofVirtual().start(() -> copy(to, from));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void copy(Socket from, Socket to) {
    byte[] buffer = new byte[64 << 10];
    try {
      for (int n = from.getInputStream().read(buffer); n >= 0; n = from.getInputStream().read(buffer)) {
        pass();
        to.getOutputStream().write(buffer, 0, n);
      }
      to.shutdownOutput();
    } catch (IOException | InterruptedException e) {
      reset(from);
      reset(to);
    }
  }

  private void pass() throws InterruptedException {
    lock.lock();
    try {
      while (blocked) changed.await();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing passes, and nobody is told: as with a process that was stopped. */
  void block(boolean now) {
    lock.lock();
    try {
      blocked = now;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Resets all connections, and new ones too until {@link #mend}: as with a process that was killed. */
  void cut() {
    refusing = true;
    for (var socket : sockets) reset(socket);
    sockets.clear();
  }

  void mend() {
    refusing = false;
  }

  /** Closes the sending direction of all connections. */
  void halfClose() throws IOException {
    for (var socket : sockets) {
      try {
        socket.shutdownOutput();
      } catch (SocketException e) {
        // closed already
      }
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // closed already
    }
  }

  @Override public void close() throws IOException {
    listening.close();
    cut();
  }
}
