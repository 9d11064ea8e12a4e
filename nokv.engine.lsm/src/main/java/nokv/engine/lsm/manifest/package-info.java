/** The manifest: which tables are live, at which level, and what else the engine must know at start; see {@code docs/formats/manifest.md}. */
@NullMarked
package nokv.engine.lsm.manifest;

import org.jspecify.annotations.NullMarked;
