/** The topology file: HOCON, its keys, its overrides, and what is wrong with it. */
@NullMarked
package nokv.launcher.config;

import org.jspecify.annotations.NullMarked;
