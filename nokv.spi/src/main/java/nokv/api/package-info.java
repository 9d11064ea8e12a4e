/** What applications call: open a store with {@link nokv.api.NoKV}, then read, write, scan and run transactions through {@link nokv.api.KvStore}. */
@NullMarked
package nokv.api;

import org.jspecify.annotations.NullMarked;
