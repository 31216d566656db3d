#!/bin/bash
# Put the real ros2 launch, run, topic, param, lifecycle and action on top of the wheels.
#
# usage: tools/ros_tools.sh SOURCES FOLDER
#
# SOURCES holds checkouts of ros2/launch, ros2/launch_ros, ros2/ros2cli, ros2/rosidl_runtime_py and
# ament/ament_lint (branch jazzy), under these names. FOLDER gets a virtual environment that shares the packages of
# .venv, and a prefix in which this checkout is an installed ROS package. Then:
#
#   . FOLDER/setup.sh && ros2 launch txt2vid_ros live.launch.py
#   . FOLDER/setup.sh && python -m pytest test/ros_tools
set -euo pipefail

sources=$(realpath "${1:?a folder with the checkouts}")
folder=$(realpath -m "${2:?a folder for the tools}")
root=$(realpath "$(dirname "$0")/..")
packages=(
  launch/launch launch/launch_xml launch/launch_yaml
  launch_ros/launch_ros launch_ros/ros2launch
  ros2cli/ros2cli ros2cli/ros2{run,pkg,node,topic,param,service,action,lifecycle,interface}
  rosidl_runtime_py
  ament_lint/ament_{lint,flake8,pep257,xmllint})
for package in "${packages[@]}"; do
  [ -e "$sources/$package/setup.py" ] || {
    echo "$sources/$package is missing: check out ${package%%/*}, branch jazzy" >&2
    exit 1
  }
done

"$root/tools/setup.sh" test
"$root/.venv/bin/python" -m venv "$folder/venv"
site=$("$folder/venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')
shared=$("$root/.venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')
echo "import site; site.addsitedir('$shared')" > "$site/checkout.pth"
libraries=$root/.venv/lib$(printf ':%s' "$shared"/ros_*.libs)
install=("$folder/venv/bin/python" -m pip install --quiet --no-deps --disable-pip-version-check)
"${install[@]}" argcomplete osrf_pycommon psutil \
  pydocstyle snowballstemmer
for package in "${packages[@]}"; do
  "${install[@]}" --no-build-isolation "$sources/$package"
done
# launch_ros imports it for nodes that are composed in C++; there is no wheel, and nobody calls it.
mkdir -p "$site/composition_interfaces"
echo 'class LoadNode: Request = Response = None' > "$site/composition_interfaces/srv.py"

prefix=$folder/prefix
mkdir -p "$prefix"/{share/ament_index/resource_index/packages,share/txt2vid_ros,lib/txt2vid_ros}
touch "$prefix/share/ament_index/resource_index/packages/txt2vid_ros"
ln -sfn "$root/package.xml" "$prefix/share/txt2vid_ros/package.xml"
for part in launch config examples models; do
  mkdir -p "$prefix/share/txt2vid_ros/$part"
  ln -sfn "$root/$part"/* "$prefix/share/txt2vid_ros/$part/"
done
ln -sfn "$folder/venv/bin/txt2vid" "$prefix/lib/txt2vid_ros/txt2vid"
for node in "$root"/txt2vid_ros/nodes/[a-z]*.py; do
  ln -sfn "$root/scripts/node.py" "$prefix/lib/txt2vid_ros/$(basename "$node" .py)"
done
printf '#!%s\nimport sys\nfrom txt2vid_ros.cli.main import main\nsys.exit(main())\n' \
  "$folder/venv/bin/python" > "$folder/venv/bin/txt2vid"
chmod +x "$folder/venv/bin/txt2vid"
cat > "$folder/setup.sh" <<END
# Source this: . $folder/setup.sh
export PATH="$folder/venv/bin:\$PATH"
# The wheels look for their libraries beside the interpreter that runs, which is not theirs here.
export LD_LIBRARY_PATH="$libraries" _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
export AMENT_PREFIX_PATH="$prefix:$folder/venv:$root/.venv"
END
echo "Ready: . $folder/setup.sh"
