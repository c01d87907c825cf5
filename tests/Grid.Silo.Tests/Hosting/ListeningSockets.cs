using System.Globalization;

namespace Grid.Silo.Tests.Hosting;

/// <summary>The listening TCP sockets of this very process, from /proc: other processes of the machine don't count.</summary>
internal static class ListeningSockets
{
    // A line of /proc/net/tcp: "sl local_address rem_address st ..."; the state of a listener is 0A, the inode is the tenth field.
    private const string ListenState = "0A";

    public static IReadOnlyList<string> OfThisProcess()
    {
        var inodes = new HashSet<string>();
        foreach (var descriptor in new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos())
            if (descriptor.LinkTarget is { } target && target.StartsWith("socket:[", StringComparison.Ordinal))
                inodes.Add(target[8..^1]);

        var listening = new List<string>();
        foreach (var table in new[] { "/proc/self/net/tcp", "/proc/self/net/tcp6" })
        {
            if (!File.Exists(table))
                continue;
            foreach (var line in File.ReadLines(table).Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields[3] == ListenState && inodes.Contains(fields[9]))
                    listening.Add(Port(fields[1]));
            }
        }

        return listening;
    }

    private static string Port(string address) =>
        int.Parse(address[(address.IndexOf(':', StringComparison.Ordinal) + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
}
