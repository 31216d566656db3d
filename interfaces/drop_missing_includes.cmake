# Take include folders that do not exist out of every target imported so far in this directory.
#
# CMake refuses to generate when an imported target names such a folder, and the ROS wheels'
# exports name folders of the machine on which they were built.
function(drop_missing_includes)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT folders)
      continue()
    endif()
    set(kept)
    foreach(folder IN LISTS folders)
      # Generator expressions cannot be checked here and are kept as they are.
      if(folder MATCHES "\\$<" OR EXISTS "${folder}")
        list(APPEND kept "${folder}")
      endif()
    endforeach()
    set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${kept}")
  endforeach()
endfunction()
