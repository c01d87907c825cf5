using Grid.Abstractions;
using Grid.Simulation.History;
using Grid.Simulation.Kit;

namespace Grid.Simulation.Clients;

/// <summary>How simulated clients reach a bucket: by messages over the simulated network. Every call is answered once, or never; the client has its own timeout.</summary>
internal interface IBucketPort
{
    IReadOnlyList<NodeName> Nodes { get; }

    /// <summary>Asks the record who leads; null: nobody, or it cannot be read.</summary>
    void FindLeader(SimProcess client, Action<NodeName?> done);

    /// <summary>Appends one frame.</summary>
    void Append(SimProcess client, NodeName node, AppendOperation operation, Action<AppendReply> done);

    /// <summary>Fetches committed frames from an offset on; from the leader's, or from any replica's.</summary>
    void Fetch(SimProcess client, NodeName node, long from, bool fromLeader, Action<FetchReply> done);

    /// <summary>Writes one key under the writer's next sequence.</summary>
    void Write(SimProcess client, NodeName node, long writer, int sequence, KeyOperation operation, Action<KeyReply> done);

    /// <summary>Looks one key up.</summary>
    void Lookup(SimProcess client, NodeName node, long key, bool fromLeader, Action<KeyReply> done);
}

/// <summary>The answer to an append; an error, or the offsets.</summary>
internal readonly record struct AppendReply(GridErrorCode? Error, long BaseOffset, long EndOffset);

/// <summary>The answer to a fetch; an error, or frames.</summary>
internal sealed record FetchReply(GridErrorCode? Error, IReadOnlyList<FrameId> Frames, long NextOffset, long HighWatermark);

/// <summary>The answer to an operation on a key. A conflict is no error: it has the version found.</summary>
internal readonly record struct KeyReply(GridErrorCode? Error, bool Conflict, long BaseOffset, long EndOffset, long Version, long Value, long AppliedOffset);
