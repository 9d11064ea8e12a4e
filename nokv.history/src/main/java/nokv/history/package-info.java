/** What clients did to a store and saw of it, and checkers of what was promised to them. For tests only. */
@NullMarked
package nokv.history;

import org.jspecify.annotations.NullMarked;
