"""A pytest plugin: the kernels of notebooks are forked from one process that has imported PyTorch and matplotlib.

`python -m pytest -p tests.warm_kernels …`, as tools/run_tests.sh does, saves each kernel most of its start. A kernel
still imports the package itself, since that process has not. One kernel of a run starts the ordinary way, and so do
all where this is no Linux, or where the process is gone.

Jupyter finds a kernelspec that starts this file in the place of the kernel. That asks the process for a kernel, hands
on what it was given and the signals that it gets, and ends with the kernel, which ends with it.
"""

import json
import os
import signal
import socket
import sys

IMPORTED = "ipykernel.kernelapp", "ipywidgets", "matplotlib.pyplot", "torch"
KIND = socket.AF_UNIX, socket.SOCK_SEQPACKET  # a message arrives as a whole
ORDINARY = "ordinary"  # a file in the folder: whoever takes it away starts the ordinary way
LARGEST = 1 << 20  # bytes of a message, which holds an environment


def pytest_configure(config):
    """Start the process. It ends when its standard input closes, as it does when pytest ends, in whatever way."""
    if sys.platform != "linux":
        return
    config.option.nbval_current_env = False  # nbval's word for a kernelspec of its own
    if hasattr(config, "workerinput"):
        return
    import subprocess
    import tempfile
    from pathlib import Path

    folder = tempfile.TemporaryDirectory(prefix="warm-kernels-")
    Path(folder.name, ORDINARY).touch()
    spec = Path(folder.name, "kernels", "python3", "kernel.json")
    spec.parent.mkdir(parents=True)
    command = [sys.executable, "-ISE", __file__, folder.name, "{connection_file}"]
    spec.write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}))

    with socket.socket(*KIND) as door:  # who asks before the process has its imports waits here
        door.bind(_address(folder.name))
        door.listen()
        words = [sys.executable, __file__, str(door.fileno())]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=[door.fileno()])

    def end():
        process.stdin.close()
        process.wait()
        folder.cleanup()

    config.add_cleanup(end)
    places = [folder.name, os.environ.get("JUPYTER_PATH")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, places))


def _address(folder: str) -> str:
    return os.path.join(folder, "door")


def stand_for_kernel(folder: str, connection_file: str) -> None:
    """What Jupyter starts."""
    try:
        os.unlink(os.path.join(folder, ORDINARY))
    except FileNotFoundError:
        with socket.socket(*KIND) as kernel:
            if _begins(kernel, folder, connection_file):
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, lambda number, _: kernel.send(bytes([number])))
                kernel.recv(1)  # nothing, when it has ended
                os._exit(0)
    os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", "-f", connection_file])


def _begins(kernel: socket.socket, folder: str, connection_file: str) -> bool:
    order = json.dumps([connection_file, os.getcwd(), dict(os.environ)]).encode()
    try:
        kernel.connect(_address(folder))
        socket.send_fds(kernel, [order], [0, 1, 2])
        return kernel.recv(1) != b""
    except OSError:
        return False


def serve(door: socket.socket) -> None:
    """The process: it has one thread, has drawn nothing and computed nothing. What returns from here is a kernel."""
    import gc
    import importlib
    import select

    del sys.path[0]  # the folder of this file
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # what a kernel says to matplotlib
    for name in IMPORTED:
        importlib.import_module(name)
    assert len(os.listdir("/proc/self/task")) == 1, "a process with threads is not forked"
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is pytest's
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel
    while sys.stdin not in select.select([door, sys.stdin], [], [])[0]:
        asked, _ = door.accept()
        order, streams, *_ = socket.recv_fds(asked, LARGEST, 3)
        if os.fork() == 0:
            door.close()
            return _become_kernel(asked, json.loads(order), streams)
        for stream in streams:
            os.close(stream)
        asked.close()
    os._exit(0)


def _become_kernel(asked: socket.socket, order: list, streams: list[int]) -> None:
    import threading

    from ipykernel import kernelapp

    connection_file, folder, environment = order
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)

    def listen():
        while number := asked.recv(1):
            os.killpg(0, number[0])
        os.killpg(0, signal.SIGKILL)

    asked.send(b"+")
    threading.Thread(target=listen, daemon=True).start()
    sys.argv = ["ipykernel_launcher", "-f", connection_file]
    kernelapp.launch_new_instance([*sys.argv[1:], f"--IPKernelApp.parent_handle={os.getppid()}"])


if __name__ == "__main__":
    if len(sys.argv) == 3:
        stand_for_kernel(*sys.argv[1:])
    else:
        serve(socket.socket(fileno=int(sys.argv[1])))
