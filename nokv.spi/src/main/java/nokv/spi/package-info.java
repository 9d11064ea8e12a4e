/**
 * What plugins implement. Each part of a node is an interface here and a {@code XxxProvider} that {@link java.util.ServiceLoader} finds;
 * {@link nokv.spi.PluginRegistry} looks them up by name and {@link nokv.spi.Node} assembles them.
 */
@NullMarked
package nokv.spi;

import org.jspecify.annotations.NullMarked;
