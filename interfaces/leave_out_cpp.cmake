# Have rosidl_generate_interfaces generate for C and Python alone where WITHOUT_CPP is set.
#
# Two thirds of the time that a package takes to build go into C++, which on the ROS wheels nobody
# needs of these packages; to be called after the generators have been found. A macro, because the
# list of generators belongs to the scope of the caller.
macro(leave_out_cpp)
  if(WITHOUT_CPP)
    list(FILTER AMENT_EXTENSIONS_rosidl_generate_idl_interfaces
      EXCLUDE REGEX "_cpp:")
  endif()
endmacro()
