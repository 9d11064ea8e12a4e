/** A file system that wraps another and fails on purpose. */
@NullMarked
package nokv.vfs.fault;

import org.jspecify.annotations.NullMarked;
