/** A node's figures on their way out: the admin endpoint, Prometheus text, JMX, CSV files, the log. */
@NullMarked
package nokv.launcher.metrics;

import org.jspecify.annotations.NullMarked;
