using Grid.Abstractions;
using Grid.Simulation.Kit;

namespace Grid.Simulation.Runs;

/// <summary>What the nemesis can lay hands on.</summary>
internal interface ISimCluster
{
    IReadOnlyList<NodeName> Nodes { get; }

    SimNetwork Network { get; }

    SimRecordStore Store { get; }

    SimDisk Disk(NodeName node);

    /// <summary>Ends a node's process in one way or another.</summary>
    void Crash(NodeName node, Fault how);

    /// <summary>Whether a node may lose its disk: every committed frame must be on some other one.</summary>
    bool CanLoseDisk(NodeName node);

    /// <summary>Starts a node that is down.</summary>
    void Start(NodeName node);

    /// <summary>Lets a node go for the lead, as it does when it suspects the leader.</summary>
    void TakeLead(NodeName node);
}
