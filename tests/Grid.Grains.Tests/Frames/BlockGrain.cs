using System.Collections.Concurrent;
using Grid.Abstractions;
using Orleans.Placement;

namespace Grid.Grains.Tests.Frames;

/// <summary>A grain that takes and gives blocks and lets the test, which runs in the same process, look at them afterwards.</summary>
[Alias("grid.tests.IBlockGrain")]
public interface IBlockGrain : IGrainWithIntegerKey
{
    Task<FetchAnswer> EchoAsync(AppendRequest request, Guid id);

    Task<int> FailAsync();

    Task PingAsync();
}

[PreferLocalPlacement]
public sealed class BlockGrain : Grain, IBlockGrain
{
    public static ConcurrentDictionary<Guid, (FrameBlock Request, FrameBlock Answer)> Seen { get; } = new();

    public async Task<FetchAnswer> EchoAsync(AppendRequest request, Guid id)
    {
        Assert.True(request.Frames.TryRetain());
        try
        {
            await Task.Yield();
            var answer = FrameBlock.Rent(request.Frames.Length);
            request.Frames.Span.CopyTo(answer.WritableMemory.Span);
            Seen[id] = (request.Frames, answer);
            return new FetchAnswer { Frames = answer.ForAnswer(), NextOffset = new LogOffset(7) };
        }
        finally
        {
            request.Frames.Dispose();
        }
    }

    public Task<int> FailAsync() => throw new GridException(GridErrorCode.SchemaStale, "Too old; use version 3.") { Detail = 3 };

    public Task PingAsync() => Task.CompletedTask;
}
