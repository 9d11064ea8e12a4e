package nokv.raftstore.store;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;

/**
 * The classes of this module and its tests, loaded anew and broken in one place: in one method, calls of another go to {@link Broken} instead. So the product carries no switch for it, and
 * the whole simulation runs over the broken product unchanged.
 */
final class BrokenClasses extends ClassLoader {
  private static final String OWN = "nokv.raftstore.";
  private static final ClassDesc BROKEN = ClassDesc.of(Broken.class.getName());

  /**
   * A place to break.
   *
   * @param type of the caller, and {@code method} its name; lambdas in it count
   * @param called the name of what is called there
   * @param instead the method of {@link Broken} that is called instead
   */
  record Place(String type, String method, String called, String instead) {
    boolean isIn(MethodModel given) {
      String name = given.methodName().stringValue();
      return name.equals(method) || name.startsWith("lambda$" + method + "$");
    }
  }

  static {
    registerAsParallelCapable();
  }

  private final List<Place> places;
  private int edits;

  BrokenClasses(Place... places) {
    super(BrokenClasses.class.getClassLoader());
    this.places = List.of(places);
  }

  /** Calls broken so far, in the classes that were loaded. */
  int edits() {
    return edits;
  }

  @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OWN)) return super.loadClass(name, resolve);
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    byte[] bytes;
    try (var in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) throw new ClassNotFoundException(name);
      bytes = in.readAllBytes();
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
    for (Place place : places) if (name.equals(OWN + place.type)) bytes = broken(bytes, place);
    return defineClass(name, bytes, 0, bytes.length);
  }

  /** Whether it is called on what the other takes first: methods of other types may have the same name. */
  private static boolean takes(MethodTypeDesc instead, InvokeInstruction call) {
    int more = instead.parameterCount() - call.typeSymbol().parameterCount();
    ClassDesc receiver = instead.parameterType(0);
    return (more == 1 || more == 2) && (receiver.equals(ConstantDescs.CD_Object) || receiver.equals(call.owner().asSymbol()));
  }

  private byte[] broken(byte[] bytes, Place place) {
    Method instead = Arrays.stream(Broken.class.getDeclaredMethods()).filter(each -> each.getName().equals(place.instead)).findFirst().orElseThrow();
    var type = MethodTypeDesc.of(instead.getReturnType().describeConstable().orElseThrow(),
        Arrays.stream(instead.getParameterTypes()).map(each -> each.describeConstable().orElseThrow()).toList());
    CodeTransform code = (builder, element) -> {
      if (!(element instanceof InvokeInstruction call) || !call.name().equalsString(place.called) || !takes(type, call)) {
        builder.with(element);
        return;
      }
      edits++;
      if (type.parameterCount() == call.typeSymbol().parameterCount() + 2) builder.aload(0);
      builder.invokestatic(BROKEN, place.instead, type);
      ClassDesc wanted = call.typeSymbol().returnType();
      if (!wanted.isPrimitive() && type.returnType().equals(ConstantDescs.CD_Object)) builder.checkcast(wanted);
    };
    var file = ClassFile.of();
    return file.transformClass(file.parse(bytes), ClassTransform.transformingMethodBodies(place::isIn, code));
  }
}
