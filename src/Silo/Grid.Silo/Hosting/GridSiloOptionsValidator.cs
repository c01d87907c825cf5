using System.Net;
using Grid.Abstractions;
using Grid.Grains;
using Microsoft.Extensions.Options;

namespace Grid.Silo;

/// <summary>Checks a node's options at start. Each failure names the setting, its value, what is legal and what to do.</summary>
internal sealed class GridSiloOptionsValidator : IValidateOptions<GridSiloOptions>
{
    private const long MiB = 1024 * 1024;
    private const long TiB = MiB * MiB;
    private const int OpenBucketsMost = 1_000_000;
    private static readonly TimeSpan IdleLeast = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IdleMost = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, GridSiloOptions options)
    {
        var failures = new List<string>();
        RequireDirectory(options.DataDirectory, failures);
        if (!string.IsNullOrWhiteSpace(options.Node) && !NodeName.IsLegal(options.Node))
            failures.Add($"Grid:Node (--node) is '{options.Node}'; write 1 to {NodeName.LengthMax} ASCII letters, digits, '.', '_' or '-', beginning with a letter or a digit.");
        if (!string.IsNullOrEmpty(options.Zone) && !NodeName.IsLegal(options.Zone))
            failures.Add($"Grid:Zone is '{options.Zone}'; write 1 to {NodeName.LengthMax} ASCII letters, digits, '.', '_' or '-', beginning with a letter or a digit, or leave it out.");
        if (options.Flush is not (FlushPolicy.Os or FlushPolicy.Commit))
            failures.Add($"Grid:Flush is '{options.Flush}'; legal are Commit (an append is answered once the disk has it) and Os (once the operating system has it).");
        RequireBytes("Grid:BlockCacheBytes", options.BlockCacheBytes, failures);
        RequireBytes("Grid:WriteBufferBytes", options.WriteBufferBytes, failures);
        if (options.OpenBucketsMax is < 1 or > OpenBucketsMost)
            failures.Add($"Grid:OpenBucketsMax is {options.OpenBucketsMax}; legal is 1 to {OpenBucketsMost}.");
        if (options.BytesInFlightMax is < GridLimits.FrameBytesMax or > TiB)
            failures.Add($"Grid:BytesInFlightMax is {options.BytesInFlightMax}; legal is {GridLimits.FrameBytesMax} (one largest frame) to {TiB} (1 TiB).");
        if (options.BucketIdle < IdleLeast || options.BucketIdle > IdleMost)
            failures.Add($"Grid:BucketIdle is {options.BucketIdle}; legal is {IdleLeast} to {IdleMost} (hours:minutes:seconds).");
        if (options.PreferredLeaderAfter < TimeSpan.Zero || options.PreferredLeaderAfter > TimeSpan.FromDays(1))
            failures.Add($"Grid:PreferredLeaderAfter is {options.PreferredLeaderAfter}; legal is 00:00:00 (never) to 1.00:00:00.");
        if (options.RetentionInterval < TimeSpan.FromSeconds(1) || options.RetentionInterval > TimeSpan.FromDays(20))
            failures.Add($"Grid:RetentionInterval is {options.RetentionInterval}; legal is 00:00:01 to 20.00:00:00.");
        if (options.DataPort is < GridNodeOptions.AnyDataPort or > 65_535)
            failures.Add($"Grid:DataPort is {options.DataPort}; legal is 1 to 65535, -1 (any that is free) or 0 (none).");
        if (options.DataPortListen is not null && !IPAddress.TryParse(options.DataPortListen, out _))
            failures.Add($"Grid:DataPortListen is '{options.DataPortListen}'; write an IP address of this machine: 127.0.0.1 for this machine only, 0.0.0.0 for all its networks.");
        if (options.RemoteCopies is < 1 or > 64)
            failures.Add($"Grid:RemoteCopies is {options.RemoteCopies}; legal is 1 to 64.");
        if (options.RemoteCopyBytesPerSecond is not 0 and < 64 * 1024)
            failures.Add($"Grid:RemoteCopyBytesPerSecond is {options.RemoteCopyBytesPerSecond}; legal is 0 (no limit), or 65536 or more.");
        if (options.LakeWriters is < 1 or > 64)
            failures.Add($"Grid:LakeWriters is {options.LakeWriters}; legal is 1 to 64.");
        if (options.LakeRowGroupBytes is < MiB or > 1024 * MiB)
            failures.Add($"Grid:LakeRowGroupBytes is {options.LakeRowGroupBytes}; legal is {MiB} (1 MiB) to {1024 * MiB} (1 GiB).");
        if (options.LakeFileBytes is < MiB / 16 or > 4096 * MiB)
            failures.Add($"Grid:LakeFileBytes is {options.LakeFileBytes}; legal is {MiB / 16} (64 KiB) to {4096 * MiB} (4 GiB).");
        if (options.LakeCompactionFiles is < 2 or > 1000)
            failures.Add($"Grid:LakeCompactionFiles is {options.LakeCompactionFiles}; legal is 2 to 1000.");
        if (options.LakeCompactionGrowth is < 2 or > 100)
            failures.Add($"Grid:LakeCompactionGrowth is {options.LakeCompactionGrowth}; legal is 2 to 100.");
        if (options.LakeCompactionDeleted is < 1 or > 100)
            failures.Add($"Grid:LakeCompactionDeleted is {options.LakeCompactionDeleted}; legal is 1 to 100.");
        RequireLake(options, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void RequireLake(GridSiloOptions options, List<string> failures)
    {
        try
        {
            _ = options.ResolvedLake;
        }
        catch (GridException refusal)
        {
            failures.Add($"Grid:Lake (--lake): {refusal.Message}");
        }
    }

    private static void RequireDirectory(string directory, List<string> failures)
    {
        if (string.IsNullOrWhiteSpace(directory))
        {
            failures.Add("Grid:DataDirectory is empty; set it to the node's own directory: --data DIR, GRID__DATADIRECTORY=DIR, or options.DataDirectory in AddGrid.");
            return;
        }

        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            failures.Add($"Grid:DataDirectory is '{directory}', which cannot be made or opened ({e.Message.TrimEnd('.')}); name a directory that this user may write to.");
        }
    }

    private static void RequireBytes(string setting, long value, List<string> failures)
    {
        if (value is < MiB or > TiB)
            failures.Add($"{setting} is {value}; legal is {MiB} (1 MiB) to {TiB} (1 TiB).");
    }
}
