/** Benchmarks beside other engines. */
@NullMarked
package nokv.bench;

import org.jspecify.annotations.NullMarked;
