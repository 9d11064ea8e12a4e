/**
 * The Redis protocol.
 *
 * <p>A request's way: {@code RequestParser} takes it out of the bytes, {@code CommandIntake} finds its row in {@code CommandTable} and does what concerns the connection alone,
 * {@code Connection} gathers what has arrived in a {@code Unit}, and {@code RespFrontend.execute} gives it to where it may run: reads beside all else, writes to an {@code Execution}, which makes them
 * one atomic write ({@code Group}) and hands the replies back in order.
 *
 * <p>A command that blocks is an ordinary handler of access UPDATE or more, with the flag {@code blocking}. It tries, and where it finds nothing it writes no reply but calls
 * {@code call.waitFor(positions of its keys, timeoutMillis)}. If that is false (in EXEC, in a script) it replies as if its time were out. If it is true it returns, and is executed again
 * from the beginning, in the transaction and right behind the command that wrote one of the keys, until it replies ({@code call.isAgain()} tells). WRONGTYPE of an execution again means waiting on,
 * as in Redis; any other {@code RedisError} is the reply. When time is out the reply is a null array. {@code XREAD BLOCK … $} passes changed arguments, so that it later starts where it began.
 * CLIENT UNBLOCK is {@code server.blocked().end(connection.waiter, reply)}. How it works and why no wake-up is lost: {@code Blocked}.
 */
@NullMarked
package nokv.protocol.resp;

import org.jspecify.annotations.NullMarked;
